import { Inject, Injectable } from '@nestjs/common';
import { ChallengeStore } from '../../domain/challenges/challenge-store';
import { GrantStore } from '../../domain/challenges/grant-store';
import type { LoginModel } from '../../domain/identity/authentication';
import { ClientStore } from '../../domain/clients/client-store';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { defaultChain } from '../../protocols/wallet/challenge-issuer';
import { type AttackContext, outcomeOf } from './attacks/attack';
import { attacksOn } from './attacks/catalogue';
import { Browser } from './browser';
import { Credentials } from './credentials';
import { logInByPkce, pkceSteps } from './pkce-login';
import { LoginRecorder } from './recorder';
import { type AttackOutcome, mustBeDefended, type Run, type RunEvent, type Step } from './run';
import { allOf, runClients } from './run-clients';
import { RunPast, type RunContext } from './run-context';
import { summaryOf } from './summary';
import { Traces } from './traces';
import { logInByWallet, walletSteps } from './wallet-login';
import { Wire } from './wire';

type RunPlan = Pick<Run, 'id' | 'models' | 'attacks'>;
type Emit = (event: RunEvent) => Promise<void>;

const stepsOf: Readonly<Record<LoginModel, number>> = { pkce: pkceSteps, wallet: walletSteps };

/**
 * Performs one run: a real login of each model over HTTP against this server, then the attacks. It uses the ports only to
 * register its clients, to show the store's contents, to back-date its own records, and to clean up; everything that a client
 * or an attacker does goes over HTTP.
 */
@Injectable()
export class Runner {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly clients: ClientStore,
    private readonly challenges: ChallengeStore,
    private readonly grants: GrantStore,
    private readonly traces: Traces,
  ) {}

  /** Reports all events, and always ends with `done`. Rejects only when reporting fails. */
  async run(run: RunPlan, emit: Emit, signal: AbortSignal): Promise<void> {
    const runContext = this.runContext(run, signal);
    const emitScrubbed: Emit = (event) => emit(runContext.credentials.scrub(event));
    let ending: RunEvent;
    try {
      ending = await this.perform(run, runContext, emitScrubbed, signal);
    } catch (error) {
      const message = error instanceof Error ? error.message : 'unknown';
      ending = { type: 'done', status: 'error', message: `The run could not be finished: ${message}` };
    }
    const removed = await this.traces.remove(
      runContext.traces,
      allOf(runContext.clients).map(({ clientId }) => clientId),
    );
    const left = 'grants, which expire with the last token of the run';
    await emitScrubbed({ type: 'cleanup', removed, left });
    await emitScrubbed(ending);
  }

  private async perform({ models, attacks }: RunPlan, runContext: RunContext, emit: Emit, signal: AbortSignal) {
    const mounted = attacks ? attacksOn(models) : [];
    const steps = models.reduce((total, model) => total + stepsOf[model], 0);
    await emit({ type: 'started', expected: { steps, attacks: mounted.length } });
    for (const client of allOf(runContext.clients)) await this.clients.save(client);

    const taken: Step[] = [];
    const recorder = (model: LoginModel) =>
      new LoginRecorder(model, runContext, this.traces, async (step) => {
        taken.push(step);
        await emit({ type: 'step', ...step });
      });
    let browser = new Browser(runContext.wire, runContext.credentials);
    if (models.includes('pkce')) browser = await logInByPkce(runContext, recorder('pkce'));
    if (models.includes('wallet')) await logInByWallet(runContext, recorder('wallet'));

    const context: AttackContext = { ...runContext, browser };
    const outcomes: AttackOutcome[] = [];
    for (const attack of mounted) {
      const outcome = await outcomeOf(attack, context);
      // Without an answer an attack counts as not defended; one that was stopped does not.
      signal.throwIfAborted();
      outcomes.push(outcome);
      await emit({ type: 'attack', ...outcome });
    }
    for (const model of models) await emit({ type: 'summary', ...summaryOf(model, taken, outcomes) });
    return doneWith(outcomes);
  }

  private runContext({ id }: RunPlan, signal: AbortSignal): RunContext {
    const clients = runClients(id, this.config.signingAlgorithm);
    const chainId = defaultChain(this.config.evmChains);
    return {
      issuer: this.config.issuer,
      now: () => this.clock.now(),
      wire: new Wire(this.config, signal),
      credentials: new Credentials(),
      clients,
      chainId,
      traces: [],
      past: new RunPast(this.clock, this.challenges, this.grants, clients),
    };
  }
}

function doneWith(outcomes: readonly AttackOutcome[]): RunEvent {
  const judged = outcomes.filter(mustBeDefended);
  const open = judged.filter(({ defended }) => !defended).map(({ name }) => name);
  if (open.length > 0) {
    return { type: 'done', status: 'failed', message: `NOT DEFENDED: ${open.join(', ')}` };
  }
  const attacks = judged.length === 0 ? '' : `, and ${judged.length} of ${judged.length} attacks were defended against`;
  return { type: 'done', status: 'passed', message: `Every login succeeded${attacks}` };
}
