import { Inject, Injectable } from '@nestjs/common';
import type { SessionModel } from '../../domain/identity/authentication';
import { ChallengeStore } from '../../domain/challenges/challenge-store';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { KeyRing } from '../../domain/tokens/key-ring';
import { LoginMetrics, type StepMetrics } from '../../operations/metrics/login-metrics';
import { StoreRecords } from '../../operations/metrics/metrics-records';
import { bothOf } from './aspects/both';
import { clientAspects } from './aspects/client-side';
import { costAspects } from './aspects/costs';
import { bindings, eachAdds } from './aspects/each-adds';
import { exposureAspects } from './aspects/exposure';
import type { Material } from './aspects/material';
import { serverAspects } from './aspects/server-side';
import { messageWays } from './aspects/ways';
import type { Aspect, Comparison, LiveFigures, ModelView } from './comparison';
import { ProofCostMeter } from './proof-costs';
import type { Run } from './run';
import { RunPermission } from './run-permission';
import { RunStore } from './run-store';
import { type RunView, viewOf } from './run-view';
import { Twins } from './twins';

const titles: Readonly<Record<SessionModel, string>> = {
  pkce: 'OAuth with PKCE (RFC 7636)',
  wallet: 'Ethereum signature (EIP-4361)',
  passkey: 'Passkey (WebAuthn)',
};

/** The steps that issue a challenge, and the one that redeems it. */
const milestones: Readonly<Record<SessionModel, { readonly begin: readonly string[]; readonly end: string }>> = {
  pkce: { begin: ['authorize', 'consent'], end: 'token' },
  wallet: { begin: ['challenge'], end: 'verify' },
  passkey: { begin: ['challenge'], end: 'login' },
};

/** Kinds of challenges by model; refresh tokens belong to both. */
const kinds: Readonly<Record<SessionModel, readonly string[]>> = {
  pkce: ['authorization_code'],
  wallet: ['wallet_challenge', 'wallet_login', 'wallet_nonce'],
  passkey: ['passkey_login'],
};

/** Outcomes that are no errors: success, or a page comes first. */
const notRefused = new Set(['ok', 'login', 'consent']);

const aspectOrder = ['client-generates', 'client-sends', 'server-stores', 'client-proves'];

/** Builds the comparison from the settings, the code, the metrics since the start, and the newest run. */
@Injectable()
export class Comparer {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly challenges: ChallengeStore,
    private readonly runs: RunStore,
    private readonly permission: RunPermission,
    private readonly twins: Twins,
    private readonly figures: LoginMetrics,
    private readonly records: StoreRecords,
    private readonly costs: ProofCostMeter,
    private readonly keys: KeyRing,
  ) {}

  async compare(): Promise<Comparison> {
    const { issuer, workers, production, mongodbUri } = this.config;
    const run = await this.newestRun();
    const costs = await this.costs.costs();
    const { atomicStep } = this.challenges;
    const material = { config: this.config, atomicStep, costs, keysAtRest: this.keys.atRest, run };
    return {
      server: {
        issuer,
        store: mongodbUri === undefined ? 'lmdb' : 'mongodb',
        workers,
        production,
        runs: { possible: await this.permission.isPossible(), needToken: production, without: this.twins.available },
      },
      measuredBy: run === undefined ? null : { runId: run.id, at: run.createdAt },
      models: {
        pkce: await this.modelView('pkce', run),
        wallet: await this.modelView('wallet', run),
        passkey: await this.modelView('passkey', run),
      },
      aspects: aspectsOf(material),
      walletMessages: messageWays(material),
    };
  }

  private async modelView(model: SessionModel, run: RunView | undefined): Promise<ModelView> {
    const counted = await this.records.kinds();
    return {
      title: titles[model],
      live: liveMetrics(model, await this.figures.of(model)),
      records: Object.fromEntries(kinds[model].map((kind) => [kind, counted[kind] ?? 0])),
      measured: run?.summary[model] ?? null,
    };
  }

  private async newestRun(): Promise<RunView | undefined> {
    const now = this.clock.now();
    const run = await this.runs.newest(now, isWhole);
    return run === undefined ? undefined : viewOf(run, now);
  }
}

function aspectsOf(material: Material): Aspect[] {
  const all = [
    ...clientAspects(material),
    ...serverAspects(material),
    ...costAspects(material),
    ...exposureAspects(material),
    bindings(material),
    eachAdds(),
  ].map((aspect) => ({ ...aspect, both: bothOf(aspect.id, material) }));
  // In the order of a login: what the client proves comes after what the server stores.
  const first = aspectOrder.flatMap((id) => all.filter((aspect) => aspect.id === id));
  return [...first, ...all.filter((aspect) => !aspectOrder.includes(aspect.id))];
}

/** A finished run of PKCE and wallet with their attacks, which the aspects need. */
function isWhole({ models, attacks, without, events }: Run): boolean {
  return (
    models.includes('pkce') &&
    models.includes('wallet') &&
    attacks &&
    without === undefined &&
    events.some((event) => event.type === 'done' && event.status !== 'error')
  );
}

function liveMetrics(model: SessionModel, steps: readonly StepMetrics[]): LiveFigures {
  const okOf = (name: string) => steps.find(({ step }) => step === name)?.outcomes['ok'] ?? 0;
  const { begin, end } = milestones[model];
  const refused = new Map<string, number>();
  for (const { outcomes } of steps) {
    for (const [outcome, count] of Object.entries(outcomes)) {
      if (!notRefused.has(outcome)) refused.set(outcome, (refused.get(outcome) ?? 0) + count);
    }
  }
  return {
    started: begin.reduce((total, step) => total + okOf(step), 0),
    succeeded: okOf(end),
    refused: Object.fromEntries(refused),
    steps,
  };
}
