import { setTimeout as delay } from 'node:timers/promises';
import { cpuMs, descendants, machineCpuMs, memoryMiB, ownCpuMs } from '../processes';
import { quantile } from '../figures';
import { Connection } from './connection';
import { type LoginModel, logIn, Refused } from './login-model';

export interface Load {
  readonly url: string;
  /** The server's process; what its children use is counted with it. */
  readonly pid: number;
  readonly users: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** What was counted after the warm-up. */
export interface LoadResult {
  readonly logins: number;
  readonly errors: number;
  /** The first few, as they were. */
  readonly errorTexts: readonly string[];
  readonly loginsPerSecond: number;
  /** All threads of the server and its children. */
  readonly cpuMsPerLogin: number;
  /** Milliseconds of a whole login. */
  readonly p50: number;
  readonly p99: number;
  /** MiB, of the server and its children. */
  readonly resident: number;
  readonly peak: number;
  /** Cores that were busy for the server, for this client, and for whatever else runs here. */
  readonly busy: { readonly server: number; readonly client: number; readonly other: number };
}

const errorsShown = 3;

/** Logs in over and over, every user on a connection of its own, each as soon as its last login ended. */
export async function measure<Party, Proof>(model: LoginModel<Party, Proof>, load: Load): Promise<LoadResult> {
  const durations: number[] = [];
  const errorTexts: string[] = [];
  let errors = 0;
  const phase = { counted: false, over: false };

  const user = async (connection: Connection, party: Party): Promise<void> => {
    while (!phase.over) {
      const startedAt = performance.now();
      try {
        await logIn(model, connection, party);
        if (phase.counted) durations.push(performance.now() - startedAt);
      } catch (error) {
        errors += 1;
        if (errorTexts.length < errorsShown) errorTexts.push(error instanceof Error ? error.message : String(error));
        // What is no answer is a connection that is gone: this user cannot go on.
        if (!(error instanceof Refused)) return;
      }
    }
  };

  const users = await Promise.all(
    Array.from({ length: load.users }, async () => {
      const connection = await Connection.open(load.url);
      return { connection, party: await model.arrive(connection) };
    }),
  );
  const running = users.map(({ connection, party }) => user(connection, party));
  await delay(load.warmUpSeconds * 1000);
  const before = usage(load.pid);
  phase.counted = true;
  await delay(load.seconds * 1000);
  const after = usage(load.pid);
  phase.over = true;
  await Promise.all(running);
  for (const { connection } of users) connection.close();

  const elapsed = after.at - before.at;
  const [server, client] = [after.server - before.server, after.client - before.client];
  const sorted = durations.toSorted((a, b) => a - b);
  return {
    logins: sorted.length,
    errors,
    errorTexts,
    loginsPerSecond: (sorted.length / elapsed) * 1000,
    cpuMsPerLogin: server / sorted.length,
    p50: quantile(0.5, sorted),
    p99: quantile(0.99, sorted),
    ...memoryMiB(descendants(load.pid)),
    busy: {
      server: server / elapsed,
      client: client / elapsed,
      other: Math.max(0, (after.machine - before.machine - server - client) / elapsed),
    },
  };
}

/** Milliseconds of CPU so far, of the server, of this process and of the whole machine. */
function usage(pid: number) {
  return {
    at: performance.now(),
    server: cpuMs(descendants(pid)),
    client: ownCpuMs(),
    machine: machineCpuMs(),
  };
}
