import * as z from 'zod';
import { errorOf } from '../answers';
import type { Browser } from '../browser';
import type { Credentials } from '../credentials';
import { type AttackExchange, type AttackOutcome, type Check, expectation, loginModel, type ShownRecord } from '../run';
import { shownAnswer, shownRequest } from '../shown';
import type { HeardExchange } from '../tapped-wire';
import type { RunContext } from '../run-context';
import type { WireAnswer, WireRequest } from '../wire';

/** Of a race the first ones show how it went. */
const exchangesAtMost = 12;

/** The run's context, and the victim's logged-in browser. */
export interface AttackContext extends RunContext {
  readonly browser: Browser;
}

/** A request of an attacker, and its response. */
export interface Attempt {
  readonly request: WireRequest;
  readonly answer: WireAnswer;
  /** Whether it got what the attack names, where the status does not say so. Absent: a success or a redirect is one. */
  readonly got?: boolean;
}

export interface Evidence {
  readonly attempts: readonly Attempt[];
  /** Conditions beside the error responses, such as that the owner can still finish. */
  readonly checks: readonly Check[];
  /** How many of the attempts must succeed for the owner: 1 where a race has one winner. */
  readonly winners?: number;
}

const description = z.object({
  id: z.string(),
  title: z.string(),
  model: loginModel,
  knowledge: z.string().describe('What the attacker holds.'),
  attempt: z.string().describe('What the attacker does.'),
  defence: z.string().describe('Why it should come to nothing.'),
  source: z.string().describe('The rule, by its document and section.'),
  /** Any other reason does not count: what was refused for something else has not shown that this defence stands. */
  refusals: z.array(z.string()).readonly().describe('The reasons by which the attempts may be refused.'),
  expected: expectation
    .exactOptional()
    .describe(
      'succeeds: it gets through, to show what prevents it elsewhere, and fails no run. detected: its beginning cannot be prevented, and what it got must be ended. Absent: it must come to nothing.',
    ),
});

/** An attack as it is described to a reader. */
export const attackDescription = description.extend({ name: z.string().describe('The id, as an outcome names it.') });

/** An attack on a login, by somebody who has what `knowledge` names. */
export interface Attack<Id extends string = string> extends Readonly<z.infer<typeof description>> {
  readonly id: Id;
  readonly mount: (context: AttackContext) => Promise<Evidence>;
}

/** Sends the attacker's request, without the victim's connection and cookies. */
export async function attempt({ wire }: AttackContext, request: WireRequest): Promise<Attempt> {
  return { request, answer: await wire.send(request) };
}

/** Mounts the attack and judges the responses. An attack that could not be mounted counts as not defended. */
export async function outcomeOf(attack: Attack, context: AttackContext): Promise<AttackOutcome> {
  return judged(attack, context, await mounted(attack, context));
}

/** As {@link outcomeOf}, with what was exchanged, `look` being what shows the attack's records in the store. */
export async function recordedOutcomeOf(
  attack: Attack,
  context: AttackContext,
  look: (answer: WireAnswer) => Promise<readonly ShownRecord[]>,
): Promise<AttackOutcome> {
  const { result, heard } = await context.wire.during(() => mounted(attack, context), look);
  const attempts = typeof result.evidence === 'string' ? [] : result.evidence.attempts;
  const exchanges = heard.slice(0, exchangesAtMost).map((each) => shownExchange(each, attempts, context.credentials));
  return { ...judged(attack, context, result), exchanges };
}

interface Mounted {
  /** Or why it could not be mounted. */
  readonly evidence: Evidence | string;
  readonly elapsedMs: number;
}

async function mounted(attack: Attack, context: AttackContext): Promise<Mounted> {
  const begun = performance.now();
  const evidence = await attack
    .mount(context)
    .catch((error: unknown) => (error instanceof Error ? error.message : 'failed'));
  return { evidence, elapsedMs: Math.round((performance.now() - begun) * 100) / 100 };
}

function judged(attack: Attack, context: AttackContext, { evidence, elapsedMs }: Mounted): AttackOutcome {
  const { id: name, title, model, knowledge, expected } = attack;
  const described = { name, title, model, knowledge, ...(expected !== undefined && { expected }) };
  if (typeof evidence === 'string') {
    const nothing = { request: null, status: null, error: null, reason: null, answers: {}, checks: [] };
    const verdict = `The attack could not be made: ${evidence}`;
    return { ...described, ...nothing, defended: false, fell: false, verdict, elapsedMs };
  }
  return { ...described, ...judge(attack, evidence, context), elapsedMs };
}

function shownExchange(
  { request, answer, stored }: HeardExchange,
  attempts: readonly Attempt[],
  credentials: Credentials,
): AttackExchange {
  const { headers, body: received } = shownAnswer(answer, credentials);
  const { method, path, query, body } = shownRequest(request, answer.bytesSent, credentials);
  const { location } = headers;
  return {
    by: attempts.some((each) => each.answer === answer) ? 'attacker' : 'owner',
    method,
    path,
    sent: body ?? (Object.keys(query).length === 0 ? null : query),
    status: answer.status,
    received: location === undefined ? received : { location },
    stored,
  };
}

type Judgement = Omit<AttackOutcome, 'name' | 'title' | 'model' | 'knowledge' | 'expected' | 'elapsedMs'>;

function judge({ refusals, expected }: Attack, evidence: Evidence, { credentials }: AttackContext): Judgement {
  const { attempts, checks, winners = 0 } = evidence;
  const won = attempts.filter(gotThrough);
  const refused = attempts.find((each) => isRefusedBy(each, refusals));
  const strange = attempts.find((each) => !gotThrough(each) && !isRefusedBy(each, refusals));
  const failure = failureOf(won.length, strange, evidence);
  const shown = (won.length > winners ? won[0] : undefined) ?? strange ?? refused ?? attempts[0];
  return {
    request: shown === undefined ? null : shownRequest(shown.request, shown.answer.bytesSent, credentials),
    status: shown?.answer.status ?? null,
    ...(shown === undefined ? { error: null, reason: null } : errorOf(shown.answer)),
    answers: tally(attempts),
    checks,
    defended: failure === undefined,
    fell: won.length !== winners || checks.some(({ held }) => !held),
    verdict:
      expected === 'succeeds'
        ? expectedVerdict(won.length, shown, evidence)
        : (failure ?? [`Refused with ${describe(shown?.answer)}`, ...checks.map(({ claim }) => claim)].join('; ')),
  };
}

/** For an attack that should succeed: that it did, and what prevents it elsewhere. */
function expectedVerdict(won: number, shown: Attempt | undefined, { checks }: Evidence): string {
  if (won === 0) return `DID NOT SUCCEED, as it should have here: refused with ${describe(shown?.answer)}`;
  const broken = checks.find(({ held }) => !held);
  if (broken !== undefined) return `Succeeds, as expected; but it does not hold that ${broken.claim}`;
  return ['Succeeds, as expected', ...checks.map(({ claim }) => claim)].join('; ');
}

/** Why the attack counts as not defended, worst first; undefined when it is defended. */
function failureOf(
  won: number,
  strange: Attempt | undefined,
  { attempts, checks, winners = 0 }: Evidence,
): string | undefined {
  if (won > winners) return `GOT THROUGH: ${won} of ${attempts.length} requests succeeded where ${winners} may`;
  if (won < winners) return 'NOT DEFENDED: the owner got nothing either';
  if (strange !== undefined)
    return `NOT SHOWN: refused with ${describe(strange.answer)}, which is another rule’s reason`;
  const broken = checks.find(({ held }) => !held);
  return broken === undefined ? undefined : `NOT DEFENDED: it does not hold that ${broken.claim}`;
}

/** A redirect counts as well: it may carry a code. */
function gotThrough({ answer: { status }, got = status >= 200 && status < 400 }: Attempt): boolean {
  return got;
}

/** Also by a page or a redirect that has nothing of what the attack names. */
function isRefusedBy({ answer, got }: Attempt, reasons: readonly string[]): boolean {
  if (got === false && answer.status < 400) return true;
  const { reason } = errorOf(answer);
  return got !== true && answer.status >= 400 && answer.status < 500 && reason !== null && reasons.includes(reason);
}

function describe(answer: WireAnswer | undefined): string {
  if (answer === undefined) return 'no answer';
  const { error, reason } = errorOf(answer);
  return reason ?? error ?? String(answer.status);
}

function tally(attempts: readonly Attempt[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const each of attempts) {
    const { status } = each.answer;
    const key = gotThrough(each) || status < 400 ? String(status) : `${status} ${describe(each.answer)}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}
