import * as z from 'zod';
import { errorOf } from '../answers';
import type { Browser } from '../browser';
import { type AttackOutcome, type Check, loginModel } from '../run';
import { shownRequest } from '../shown';
import type { RunContext } from '../run-context';
import type { WireAnswer, WireRequest } from '../wire';

/** The run's context, and the victim's logged-in browser. */
export interface AttackContext extends RunContext {
  readonly browser: Browser;
}

/** A request of an attacker, and its response. */
export interface Attempt {
  readonly request: WireRequest;
  readonly answer: WireAnswer;
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
  expected: z
    .literal('succeeds')
    .exactOptional()
    .describe(
      'Of an attack that gets through, to show what prevents it elsewhere; it fails no run. Absent: it must not.',
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
  const { id: name, title, model, knowledge, expected } = attack;
  const begun = performance.now();
  const described = { name, title, model, knowledge, ...(expected !== undefined && { expected }) };
  const evidence = await attack
    .mount(context)
    .catch((error: unknown) => (error instanceof Error ? error.message : 'failed'));
  const elapsedMs = Math.round((performance.now() - begun) * 100) / 100;
  if (typeof evidence === 'string') {
    const nothing = { request: null, status: null, error: null, reason: null, answers: {}, checks: [] };
    return {
      ...described,
      ...nothing,
      defended: false,
      verdict: `The attack could not be made: ${evidence}`,
      elapsedMs,
    };
  }
  return { ...described, ...judge(attack, evidence, context), elapsedMs };
}

type Judgement = Omit<AttackOutcome, 'name' | 'title' | 'model' | 'knowledge' | 'expected' | 'elapsedMs'>;

function judge({ refusals, expected }: Attack, evidence: Evidence, { credentials }: AttackContext): Judgement {
  const { attempts, checks, winners = 0 } = evidence;
  const won = attempts.filter(({ answer }) => gotThrough(answer));
  const strange = attempts.find(({ answer }) => !gotThrough(answer) && !isRefusedBy(answer, refusals));
  const refused = attempts.find(({ answer }) => isRefusedBy(answer, refusals));
  const failure = failureOf(won.length, strange, evidence);
  const shown = (won.length > winners ? won[0] : undefined) ?? strange ?? refused ?? attempts[0];
  return {
    request: shown === undefined ? null : shownRequest(shown.request, shown.answer.bytesSent, credentials),
    status: shown?.answer.status ?? null,
    ...(shown === undefined ? { error: null, reason: null } : errorOf(shown.answer)),
    answers: tally(attempts),
    checks,
    defended: failure === undefined,
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
function gotThrough({ status }: WireAnswer): boolean {
  return status >= 200 && status < 400;
}

function isRefusedBy(answer: WireAnswer, reasons: readonly string[]): boolean {
  const { reason } = errorOf(answer);
  return answer.status >= 400 && answer.status < 500 && reason !== null && reasons.includes(reason);
}

function describe(answer: WireAnswer | undefined): string {
  if (answer === undefined) return 'no answer';
  const { error, reason } = errorOf(answer);
  return reason ?? error ?? String(answer.status);
}

function tally(attempts: readonly Attempt[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { answer } of attempts) {
    const key = gotThrough(answer) ? String(answer.status) : `${answer.status} ${describe(answer)}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}
