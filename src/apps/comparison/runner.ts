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

type Told = Pick<Run, 'id' | 'models' | 'attacks'>;
type Tell = (event: RunEvent) => Promise<void>;

const stepsOf: Readonly<Record<LoginModel, number>> = { pkce: pkceSteps, wallet: walletSteps };

/**
 * Makes one run: a real login of each model over HTTP against this very server, then the attacks. It uses the ports to
 * register its own clients, to look at what the store holds, to back-date its own records, and to clean up; whatever a
 * client or an attacker does goes over HTTP.
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

  /** Tells what happens and ends with `done`, whatever happens. Rejects only when it cannot tell. */
  async run(run: Told, tell: Tell, signal: AbortSignal): Promise<void> {
    const stage = this.stage(run, signal);
    const tellScrubbed: Tell = (event) => tell(stage.credentials.scrub(event));
    let ending: RunEvent;
    try {
      ending = await this.perform(run, stage, tellScrubbed);
    } catch (error) {
      const message = error instanceof Error ? error.message : 'unknown';
      ending = { type: 'done', status: 'error', message: `The run could not be finished: ${message}` };
    }
    const removed = await this.traces.remove(
      stage.traces,
      allOf(stage.clients).map(({ clientId }) => clientId),
    );
    const left = 'grants, which expire with the last token of the run';
    await tellScrubbed({ type: 'cleanup', removed, left });
    await tellScrubbed(ending);
  }

  private async perform({ models, attacks }: Told, stage: RunContext, tell: Tell): Promise<RunEvent> {
    const mounted = attacks ? attacksOn(models) : [];
    const steps = models.reduce((total, model) => total + stepsOf[model], 0);
    await tell({ type: 'started', expected: { steps, attacks: mounted.length } });
    for (const client of allOf(stage.clients)) await this.clients.save(client);

    const taken: Step[] = [];
    const recorder = (model: LoginModel) =>
      new LoginRecorder(model, stage, this.traces, async (step) => {
        taken.push(step);
        await tell({ type: 'step', ...step });
      });
    let browser = new Browser(stage.wire, stage.credentials);
    if (models.includes('pkce')) browser = await logInByPkce(stage, recorder('pkce'));
    if (models.includes('wallet')) await logInByWallet(stage, recorder('wallet'));

    const context: AttackContext = { ...stage, browser };
    const outcomes: AttackOutcome[] = [];
    for (const attack of mounted) {
      const outcome = await outcomeOf(attack, context);
      outcomes.push(outcome);
      await tell({ type: 'attack', ...outcome });
    }
    for (const model of models) await tell({ type: 'summary', ...summaryOf(model, taken, outcomes) });
    return doneWith(outcomes);
  }

  private stage({ id }: Told, signal: AbortSignal): RunContext {
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
