import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { CheckId } from '../src/apps/comparison/checks/catalogue';
import type { AttackOutcome, RunEvent } from '../src/apps/comparison/run';
import { followed, startTwin } from '../src/apps/comparison/twins';
import { newId } from '../src/domain/credentials/secret';
import { twinFile } from './build';

/** Settings of a twin that asks this node about contract accounts. */
export function asking(rpcUrl: string): Readonly<Record<string, string>> {
  return { EVM_RPC_URLS: `1=${rpcUrl}`, EVM_CHAINS: '1,8453' };
}

/** Twins in processes of their own, each of which makes one run at a time. */
export class Twins {
  private readonly waiting: ((twin: ChildProcess) => void)[] = [];

  private constructor(private readonly idle: ChildProcess[]) {}

  static start(count: number, settings: Readonly<Record<string, string>>, file = twinFile): Twins {
    return new Twins(Array.from({ length: count }, () => startTwin(file, settings)));
  }

  /** The outcomes of all attacks, or `only` these, without the checks. Throws: when the owner's own logins do not work. */
  async attack(without: readonly CheckId[], only?: readonly string[]): Promise<readonly AttackOutcome[]> {
    const twin = this.idle.pop() ?? (await new Promise<ChildProcess>((resolve) => this.waiting.push(resolve)));
    const events: RunEvent[] = [];
    const models = ['pkce', 'wallet', 'passkey'] as const;
    const order = { id: newId(), models, attacks: true, without, ...(only !== undefined && { only }) };
    await followed(twin, order, async (event) => void events.push(event));
    const next = this.waiting.shift();
    if (next === undefined) this.idle.push(twin);
    else next(twin);
    const end = events.at(-1);
    if (end?.type === 'done' && end.status === 'error')
      throw new Error(`Without ${without.join(', ')}: ${end.message}`);
    return events.flatMap((event) => (event.type === 'attack' ? [event] : []));
  }

  /** Ends the idle twins: ask when nothing is measured any more. */
  async stop(): Promise<void> {
    await Promise.all(
      this.idle.map(async (twin) => {
        const ended = once(twin, 'exit');
        twin.kill();
        await ended;
      }),
    );
  }
}
