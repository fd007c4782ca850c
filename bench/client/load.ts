import { anyAddress } from '../../test/support/clients/any-address';
import { cpuMs, descendants, machineCpuMs, memoryMiB, ownCpuMs } from '../../test/support/run/processes';
import { quantile } from '../figures';
import { Connection } from './connection';
import { type LoginModel, logIn, Refused } from './login-model';

export interface Load {
  readonly url: string;
  /** The server's process; what its children use is counted with it. */
  readonly pid: number;
  readonly users: number;
  /** How many accounts each of them takes in turn; one by default. */
  readonly accountsEach?: number;
  /** Whether every login comes from another IP address, by `X-Forwarded-For`. */
  readonly fromAnywhere?: boolean;
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

/** Users that log in over and over, every one on a connection of its own, each as soon as its last login ended. */
export class Crowd<Party, Proof> {
  private turn = 0;

  private constructor(
    private readonly model: LoginModel<Party, Proof>,
    private readonly load: Load,
    /** Of each user. */
    private readonly accounts: readonly (readonly Party[])[],
  ) {}

  static async gather<Party, Proof>(model: LoginModel<Party, Proof>, load: Load): Promise<Crowd<Party, Proof>> {
    const arrive = async () => {
      const connection = await Connection.open(load.url);
      const parties: Party[] = [];
      while (parties.length < (load.accountsEach ?? 1)) {
        if (load.fromAnywhere) connection.headers = { 'x-forwarded-for': anyAddress() };
        parties.push(await model.arrive(connection));
      }
      connection.close();
      return parties;
    };
    return new Crowd(model, load, await Promise.all(Array.from({ length: load.users }, arrive)));
  }

  /** Logs in for so long, and to the end of what has begun by then. */
  async logIn(seconds: number): Promise<LoadResult> {
    const { url, pid } = this.load;
    const counted = { durations: [] as number[], errors: 0, errorTexts: [] as string[] };
    const connections = await Promise.all(this.accounts.map(() => Connection.open(url)));
    const before = usage(pid);
    const until = before.at + seconds * 1000;
    const user = (parties: readonly Party[], index: number) =>
      this.logInUntil(until, connections[index] as Connection, parties, counted);
    await Promise.all(this.accounts.map(user));
    const after = usage(pid);
    for (const connection of connections) connection.close();
    const elapsed = after.at - before.at;
    const [server, client] = [after.server - before.server, after.client - before.client];
    const { durations, errors, errorTexts } = counted;
    const sorted = durations.toSorted((a, b) => a - b);
    return {
      logins: sorted.length,
      errors,
      errorTexts,
      loginsPerSecond: (sorted.length / elapsed) * 1000,
      cpuMsPerLogin: server / sorted.length,
      p50: quantile(0.5, sorted),
      p99: quantile(0.99, sorted),
      ...memoryMiB(descendants(pid)),
      busy: {
        server: server / elapsed,
        client: client / elapsed,
        other: Math.max(0, (after.machine - before.machine - server - client) / elapsed),
      },
    };
  }

  private async logInUntil(
    until: number,
    connection: Connection,
    parties: readonly Party[],
    counted: { readonly durations: number[]; errors: number; readonly errorTexts: string[] },
  ): Promise<void> {
    while (performance.now() < until) {
      const startedAt = performance.now();
      const party = parties[this.turn++ % parties.length] as Party;
      if (this.load.fromAnywhere) connection.headers = { 'x-forwarded-for': anyAddress() };
      try {
        await logIn(this.model, connection, party);
        counted.durations.push(performance.now() - startedAt);
      } catch (error) {
        counted.errors += 1;
        if (counted.errorTexts.length < errorsShown) counted.errorTexts.push(String(error));
        // What is no answer is a connection that is gone: this user cannot go on.
        if (!(error instanceof Refused)) return;
      }
    }
  }
}

/** Milliseconds of CPU so far, of the server, of this process and of the whole machine. */
function usage(pid: number) {
  return { at: performance.now(), server: cpuMs(descendants(pid)), client: ownCpuMs(), machine: machineCpuMs() };
}
