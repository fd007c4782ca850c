import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verify } from './spin';

/** What requests about one challenge were seen to do, in the order in which it was seen. */
export type Trace = readonly TraceEvent[];

export type TraceEvent =
  /** A request is sent, with one of what {@link shown} names, or with a refresh token by its number. */
  | { readonly sent: number; readonly shows: string }
  /** The answer to it is there: of tokens; of refresh tokens which one, from 1 in the order in which they were made. */
  | { readonly answered: number; readonly with: 'tokens' | 'refused' | number }
  /** More time passed than a repeat may take, or may have. */
  | { readonly passed: 'surely' | 'perhaps' }
  /** Whether a resource accepts the login's access token. */
  | { readonly accepted: boolean };

export type ReplayedModel = keyof typeof replayed;

/** How a trace's requests are sent in a model. */
const replayed = {
  pkce: {
    begins: 'd_step { reads = token_requests; committedTo = the_verifier }; authorize()',
    send: (shows: string) => ['token', shown.pkce[shows]],
    accepts: 'answered > 0 && !isRevoked',
  },
  wallet: {
    begins: 'd_step { reads = verify_requests; committedTo = no_verifier; isStored = true }',
    send: (shows: string) => ['verify', shown.wallet[shows]],
    accepts: 'answered > 0 && !isRevoked',
  },
  refresh: {
    begins: 'skip',
    send: (shows: string) => ['refresh', `alice, ${shows}`],
    accepts: '!isRevoked',
  },
  dpop: {
    begins: 'isSent = true',
    send: (shows: string) => ['resource', shown.dpop[shows]],
    accepts: 'true',
  },
};

/** What a request may show, as the model sends it. */
const shown: Readonly<Record<'pkce' | 'wallet' | 'dpop', Readonly<Record<string, string>>>> = {
  pkce: {
    'the verifier': 'alice, the_application, the_callback, the_verifier, the_code',
    'another verifier': 'mallory, the_application, the_callback, a_verifier_of_mallory, the_code',
    'another redirect URI': 'mallory, the_application, another_callback, the_verifier, the_code',
  },
  wallet: {
    'the signature': 'alice, the_application, no_message, key_of_alice, the_message, no_verifier',
    'the signature of another key': 'mallory, the_application, no_message, key_of_mallory, the_message, no_verifier',
  },
  dpop: { 'the proof': 'alice, the_proof_of_alice' },
};

/** The line of a model from which on a trace takes its place. */
const cut = '/* A replay of a trace takes the place of what follows. */';

/** Of each trace, whether some run of the model, whose servers are the code's, sends and answers all of it in this order. */
export async function canMake(model: ReplayedModel, traces: readonly Trace[]): Promise<boolean[]> {
  const directory = await mkdtemp(join(tmpdir(), 'tessera-trace-'));
  try {
    const [servers] = (await readFile(join(__dirname, `${model}.pml`), 'utf8')).split(cut);
    const made = traces.map((_, at) => `isMade${at}`);
    const runs = traces.map((trace, at) => `:: ${[...stepsOf(model, trace), `assert(${made[at]})`].join(';\n   ')}`);
    const replay = `bool ${made.join(', ')};\nactive proctype Replay() {\n${replayed[model].begins};\nif\n${runs.join('\n')}\nfi }\n`;
    const file = join(directory, 'trace.pml');
    await writeFile(file, `${servers}${replay}`);
    await copyFile(join(__dirname, 'model.pml'), join(directory, 'model.pml'));
    const { falls } = await verify(file, [`REPLAYED=${Math.max(...traces.map(atOnce))}`]);
    return made.map((each) => falls.has(each));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A trace as statements of Promela. A request is taken by the first server that is free. */
function stepsOf(model: ReplayedModel, trace: Trace): string[] {
  const { send, accepts } = replayed[model];
  const serving: (number | undefined)[] = [];
  return trace.map((event) => {
    if ('sent' in event) {
      const free = serving.indexOf(undefined);
      const server = free === -1 ? serving.length : free;
      serving[server] = event.sent;
      const [door, shows] = send(event.shows);
      return `atomic { taken = ${event.sent}; ${door}[${server}] ! ${shows} }`;
    }
    if ('answered' in event) {
      serving[serving.indexOf(event.answered)] = undefined;
      return `answer[${event.answered}] == ${event.with}`;
    }
    if ('passed' in event) return event.passed === 'surely' ? 'now++' : 'if :: now++ :: skip fi';
    return event.accepted ? accepts : `!(${accepts})`;
  });
}

/** The most requests that were under way at once. */
function atOnce(trace: Trace): number {
  let [underWay, most] = [0, 0];
  for (const event of trace) {
    if ('sent' in event) underWay += 1;
    if ('answered' in event) underWay -= 1;
    most = Math.max(most, underWay);
  }
  return most;
}
