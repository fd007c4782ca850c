import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../platform/config';
import { root } from '../../root';
import type { Run, RunEvent } from './run';

/** Where `npm run ablation` builds it: beside this code, and in no image. */
const twinFile = join(root, '../dist-twin/main.js');

/** What a twin makes for whoever started it. */
export type TwinOrder = Pick<Run, 'id' | 'models' | 'attacks'> & {
  readonly without: readonly string[];
  readonly only?: readonly string[];
};

/** Starts weakened twins of the service, one at a time, each for one run. Source: docs/ablation.md. */
@Injectable()
export class Twins {
  private taken = false;

  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** In development, where it was built. */
  get available(): boolean {
    return !this.config.production && existsSync(twinFile);
  }

  /** False when there is one already; else {@link run} or {@link giveBack} is due. */
  take(): boolean {
    if (this.taken) return false;
    this.taken = true;
    return true;
  }

  giveBack(): void {
    this.taken = false;
  }

  /** Reports all events of the run against a twin, which ends with it. Rejects when the twin ends before the run. */
  async run(
    { id, models, attacks, without }: TwinOrder,
    emit: (event: RunEvent) => Promise<void>,
    signal: AbortSignal,
  ) {
    const twin = startTwin(twinFile, chainSettings(this.config));
    try {
      await followed(twin, { id, models, attacks, without }, emit, signal);
    } finally {
      twin.kill();
      this.giveBack();
    }
  }
}

/** The nodes that this server asks about contract accounts are asked by its twin, too. */
function chainSettings({ evmRpcUrls, evmChains }: Config): Readonly<Record<string, string>> {
  if (evmRpcUrls.size === 0) return {};
  const urls = Array.from(evmRpcUrls, ([chainId, each]) => `${chainId}=${each.join('|')}`);
  return { EVM_RPC_URLS: urls.join(','), EVM_CHAINS: evmChains.join(',') };
}

/** A process of the twin, on a port that is free. */
export function startTwin(file: string, settings: Readonly<Record<string, string>> = {}): ChildProcess {
  const { PATH, HOME, TMPDIR } = process.env;
  return fork(file, [], {
    env: { PATH, HOME, TMPDIR, ...settings },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

/** Has the twin make a run, and reports its events until the last one. Rejects when the twin ends before. */
export async function followed(
  twin: ChildProcess,
  order: TwinOrder,
  emit: (event: RunEvent) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const lost = () => reject(new Error('The twin has ended'));
    const hear = async (event: RunEvent) => {
      await emit(event);
      if (event.type !== 'done') return;
      twin.off('message', hear).off('exit', lost);
      resolve();
    };
    twin.on('message', hear).once('exit', lost);
    signal?.addEventListener('abort', () => twin.kill(), { once: true });
    twin.send(order);
  });
}
