import type { LoadOrder, Orders } from './client/main';
import type { LoadResult } from './client/load';
import { run } from '../test/support/run/child';
import { disturbedAbove, quiet } from './quiet';
import { typescript } from '../test/support/run/repository';
import { cores, nodeOn, type RunningServer, type ServerCommand, startServer } from './servers';
import type { Settings } from './settings';

/** A server and the logins that it gets. */
export interface Contender {
  readonly name: string;
  readonly server: ServerCommand;
  readonly model: LoadOrder['model'];
  readonly scope?: string;
  /** By default the service's demo client. */
  readonly client?: LoadOrder['client'];
  /** Whether another server of its kind has the same load on the same core meanwhile; each gets half of the users. */
  readonly besideItsLike?: boolean;
}

/** What one round found of one contender. */
export interface Round extends LoadResult {
  readonly readyAfterMs: number;
  /** Milliseconds of CPU that a fixed piece of work took just before: how fast the machine was. */
  readonly calibration: number;
  /** Whether other work used more than {@link disturbedAbove}; a database or a second server cannot be told from it. */
  readonly disturbed: boolean;
}

export interface Measured {
  readonly name: string;
  readonly rounds: readonly Round[];
}

/**
 * Measures the contenders in turn, A B C A B C, each time as a fresh process, so that a slow spell of the machine hits
 * all of them; a disturbed round is done again, and the least disturbed try counts.
 */
export async function alternate<const Contenders extends readonly Contender[]>(
  contenders: Contenders,
  settings: Settings,
  prepare: (contender: Contender) => Promise<void> = async () => {},
): Promise<{ [Index in keyof Contenders]: Measured }> {
  const measured = contenders.map((contender) => ({ contender, rounds: [] as Round[] }));
  for (let round = 1; round <= settings.rounds; round += 1) {
    for (const { contender, rounds } of measured) {
      await prepare(contender);
      const result = await leastDisturbed(contender, settings);
      rounds.push(result);
      console.error(`round ${round}  ${contender.name}: ${inOneLine(result)}`);
    }
  }
  const found = measured.map(({ contender: { name }, rounds }): Measured => ({ name, rounds }));
  return found as { [Index in keyof Contenders]: Measured };
}

async function leastDisturbed(contender: Contender, settings: Settings): Promise<Round> {
  let best = await oneRound(contender, settings);
  for (let attempt = 2; best.disturbed && attempt <= settings.tries; attempt += 1) {
    const again = await oneRound(contender, settings);
    if (again.busy.other < best.busy.other) best = again;
  }
  return best;
}

async function oneRound(contender: Contender, settings: Settings): Promise<Round> {
  await quiet(settings.quietWithinSeconds);
  const calibration = await calibrate();
  const { server, besideItsLike = false } = contender;
  const servers = [await startServer(server)];
  try {
    if (besideItsLike) servers.push(await startServer(server));
    const users = settings.users / servers.length;
    const [result] = await Promise.all(servers.map((each) => logInAt(each, contender, { ...settings, users })));
    if (result === undefined) throw new Error('no server was started');
    const tellsOtherWork = !server.env['MONGODB_URI'] && !besideItsLike;
    const disturbed = tellsOtherWork && result.busy.other > disturbedAbove;
    return { ...result, readyAfterMs: servers[0]?.readyAfterMs ?? 0, calibration, disturbed };
  } finally {
    await Promise.all(servers.map(({ stop }) => stop()));
  }
}

export const demoClient = { client_id: 'demo-spa', redirect_uri: 'http://127.0.0.1/callback' };

async function logInAt(
  { url, pid }: RunningServer,
  { model, client = demoClient, scope = '' }: Contender,
  { users, warmUpSeconds, seconds }: Settings,
): Promise<LoadResult> {
  const [results] = await runLoads({
    loads: [{ url, pid, model, client, scope, users }],
    warmUpSeconds,
    seconds,
    rounds: 1,
  });
  const [result] = results ?? [];
  if (result === undefined) throw new Error('nothing was measured');
  return result;
}

/** Has a process of its own log in. Rejects with what it wrote to stderr when a server breaks a promise. */
export function runLoads(orders: Orders): Promise<LoadResult[][]> {
  return answerOf([...typescript('bench/client/main.ts'), JSON.stringify(orders)], cores?.client);
}

const fixedWork = `
const { generateKeyPairSync, sign } = require('node:crypto');
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const work = () => {
  for (let i = 0; i < 2000; i += 1) {
    sign('sha256', Buffer.alloc(300, 1), privateKey);
    JSON.stringify(JSON.parse('{"a":[1,2,3],"b":{"c":"d"}}'));
  }
};
work();
const before = process.cpuUsage();
work();
const { user, system } = process.cpuUsage(before);
console.log((user + system) / 1000);
`;

async function calibrate(): Promise<number> {
  return answerOf<number>(['-e', fixedWork], cores?.server);
}

/** The JSON that a process of Node.js prints. Rejects with what it wrote to stderr when it fails. */
async function answerOf<Answer>(args: readonly string[], core: number | undefined): Promise<Answer> {
  return JSON.parse(await run(...nodeOn(core, args))) as Answer;
}

function inOneLine({
  cpuMsPerLogin,
  loginsPerSecond,
  errors,
  errorTexts,
  busy,
  disturbed,
}: LoadResult & Pick<Round, 'disturbed'>): string {
  const speed = `${cpuMsPerLogin.toFixed(3)} ms of CPU a login, ${loginsPerSecond.toFixed(0)} logins a second`;
  const busyCores = `busy ${busy.server.toFixed(2)} server, ${busy.client.toFixed(2)} client, ${busy.other.toFixed(2)} other`;
  const trouble = errors === 0 ? '' : `, ${errors} ERRORS: ${errorTexts.join('; ')}`;
  return `${speed}, ${busyCores}${disturbed ? ' (disturbed)' : ''}${trouble}`;
}
