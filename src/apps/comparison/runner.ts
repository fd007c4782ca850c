import { Inject, Injectable } from '@nestjs/common';
import { ChallengeStore } from '../../domain/challenges/challenge-store';
import { GrantStore } from '../../domain/challenges/grant-store';
import type { SessionModel } from '../../domain/identity/authentication';
import { ClientStore } from '../../domain/clients/client-store';
import { type User, UserStore } from '../../domain/identity/user-store';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { SessionStore } from '../../protocols/login/session-store';
import { defaultChain } from '../../protocols/wallet/challenge-issuer';
import { type Attack, type AttackContext, outcomeOf, recordedOutcomeOf } from './attacks/attack';
import { attacksOn } from './attacks/catalogue';
import { Browser } from './browser';
import { Credentials } from './credentials';
import { logInByPasskey, passkeySteps } from './passkey-login';
import { logInByPkce, pkceSteps } from './pkce-login';
import { LoginRecorder } from './recorder';
import { type AttackOutcome, mustBeDefended, type Run, type RunEvent, type Step } from './run';
import { allOf, runClients } from './run-clients';
import { RunOperator, type RunContext } from './run-context';
import { runPersons } from './run-persons';
import { summaryOf } from './summary';
import { TappedWire } from './tapped-wire';
import { type Trace, Traces, tracesOf } from './traces';
import { logInByWallet, walletSteps } from './wallet-login';
import { Wire } from './wire';

/** What a run does; `only`: of its attacks those with these ids. */
type RunPlan = Pick<Run, 'id' | 'models' | 'attacks'> & { readonly only?: readonly string[] };
type Emit = (event: RunEvent) => Promise<void>;

const stepsOf: Readonly<Record<SessionModel, number>> = {
  pkce: pkceSteps,
  wallet: walletSteps,
  passkey: passkeySteps,
};

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
    private readonly sessions: SessionStore,
    private readonly users: UserStore,
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
      personsOf(run, runContext).map(({ id }) => id),
    );
    const left = 'grants, which expire with the last token of the run';
    await emitScrubbed({ type: 'cleanup', removed, left });
    await emitScrubbed(ending);
  }

  private async perform(plan: RunPlan, runContext: RunContext, emit: Emit, signal: AbortSignal) {
    const { models, attacks, only } = plan;
    const mounted = attacks ? attacksOn(models).filter(({ id }) => only?.includes(id) ?? true) : [];
    const steps = models.reduce((total, model) => total + stepsOf[model], 0);
    await emit({ type: 'started', expected: { steps, attacks: mounted.length } });
    for (const client of allOf(runContext.clients)) await this.clients.save(client);
    for (const user of personsOf(plan, runContext)) await this.users.add(user);

    const taken: Step[] = [];
    const recorder = (model: SessionModel) =>
      new LoginRecorder(model, runContext, this.traces, async (step) => {
        taken.push(step);
        await emit({ type: 'step', ...step });
      });
    let browser = new Browser(runContext.wire, runContext.credentials);
    if (models.includes('pkce')) browser = await logInByPkce(runContext, recorder('pkce'));
    if (models.includes('wallet')) await logInByWallet(runContext, recorder('wallet'));
    if (models.includes('passkey')) await logInByPasskey(runContext, recorder('passkey'));

    const context: AttackContext = { ...runContext, browser };
    const outcomes: AttackOutcome[] = [];
    for (const attack of mounted) {
      const outcome = await this.attack(attack, context);
      // Without an answer an attack counts as not defended; one that was stopped does not.
      signal.throwIfAborted();
      outcomes.push(outcome);
      await emit({ type: 'attack', ...outcome });
    }
    for (const model of models) await emit({ type: 'summary', ...summaryOf(model, taken, outcomes) });
    return doneWith(outcomes);
  }

  /** What falls is made once more, to show how; where it does not fall again, as a race may, without that. */
  private async attack(attack: Attack, context: AttackContext): Promise<AttackOutcome> {
    const outcome = await outcomeOf(attack, context);
    if (!outcome.fell) return outcome;
    const left: Trace[] = [];
    const again = await recordedOutcomeOf(attack, context, async (answer) => {
      left.push(...tracesOf(answer));
      return this.traces.look(left);
    });
    return again.fell ? again : outcome;
  }

  private runContext({ id }: RunPlan, signal: AbortSignal): RunContext {
    const { issuer, signingAlgorithm } = this.config;
    const clients = runClients(id, signingAlgorithm);
    const persons = runPersons(id, this.clock.now());
    const chainId = defaultChain(this.config.evmChains);
    return {
      issuer,
      now: () => this.clock.now(),
      wire: new TappedWire(new Wire(this.config, signal)),
      credentials: new Credentials(),
      clients,
      persons,
      chainId,
      traces: [],
      operator: new RunOperator(
        this.clock,
        this.challenges,
        this.grants,
        this.sessions,
        this.users,
        clients,
        persons,
        issuer,
      ),
    };
  }
}

function personsOf({ models }: RunPlan, { persons: { victim, attacker } }: RunContext): readonly User[] {
  return models.includes('passkey') ? [victim.user, attacker.user] : [];
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
