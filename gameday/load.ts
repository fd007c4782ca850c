import { setTimeout as delay } from 'node:timers/promises';
import type { BrowserSession } from '../src/apps/browser/browser-session';
import type { IssuedCode, Reachable } from '../test/support/clients/pkce-login';
import { Refused } from '../test/support/clients/refused';
import { type Begun, finish, Ledger } from './ledger';
import { atPace } from './pace';
import { type App, type Challenge, requestChallenge, requestCode } from './visitors';

export type Model = 'pkce' | 'wallet';

/** Who logs in all the time, at which service. */
export interface Population {
  readonly service: Reachable;
  readonly apps: readonly App[];
  readonly dapps: readonly string[];
  readonly browsers: readonly BrowserSession[];
}

/** A login of the steady load that ended. */
export interface Outcome {
  readonly model: Model;
  /** By performance.now(). */
  readonly begunAt: number;
  readonly endedAt: number;
  /** `ok`, what was refused, or `no answer`. */
  readonly result: string;
}

/** Whole logins a second of each model. */
export const loginsPerSecond = 10;
/** Pairs of them. */
const underWayAtMost = 75;
/** Every so many logins one asks for a refresh token. */
const refreshEvery = 4;

/** Logins of both models from several clients, at one pace whatever becomes of them, as people come. */
export class SteadyLoad {
  readonly outcomes: Outcome[] = [];
  readonly ledger = new Ledger();
  /** Ends it, and waits for what is under way. */
  stop = async (): Promise<void> => {};

  constructor(
    readonly population: Population,
    /** Whether a redemption that is answered 503 may have been done: its store did not answer. */
    private readonly storeMayBeSilent = false,
  ) {}

  start(): void {
    let turn = 0;
    this.stop = atPace(loginsPerSecond, underWayAtMost, () => {
      turn += 1;
      return Promise.all([this.logIn('pkce', turn), this.logIn('wallet', turn)]);
    });
  }

  /** Begins so many logins of each model, which are finished after the cause is gone. */
  async hold(count: number): Promise<void> {
    for (let held = 0; held < count; held += 1) {
      this.ledger.keep({ code: await this.beginPkce(held) });
      this.ledger.keep({ challenge: await this.beginWallet(held) });
    }
  }

  /** The first login of the model that succeeded and had begun after this moment. */
  async successAfter(model: Model, moment: number, withinMs: number): Promise<Outcome | undefined> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const found = this.outcomes
        .filter((outcome) => outcome.model === model && outcome.begunAt >= moment && outcome.result === 'ok')
        .toSorted((a, b) => a.endedAt - b.endedAt)[0];
      if (found !== undefined || performance.now() > deadline) return found;
      await delay(20);
    }
  }

  private async logIn(model: Model, turn: number): Promise<void> {
    const begunAt = performance.now();
    let result = 'ok';
    let begun: Begun | undefined;
    try {
      begun = model === 'pkce' ? { code: await this.beginPkce(turn) } : { challenge: await this.beginWallet(turn) };
      const answer = await finish(this.population.service, begun);
      if (answer.status === 200) this.ledger.redeemed(begun, answer);
      else {
        // Its code or challenge was answered for, so it must be good when the cause is gone.
        if (this.storeMayBeSilent && answer.status === 503) this.ledger.keepMaybeSpent(begun);
        else this.ledger.keep(begun);
        result = new Refused(model === 'pkce' ? 'token' : 'verify', answer).message;
      }
    } catch (error) {
      if (!(error instanceof Refused) && begun !== undefined) this.ledger.lostAnswer(begun);
      result = error instanceof Refused ? error.message : 'no answer';
    }
    this.outcomes.push({ model, begunAt, endedAt: performance.now(), result });
  }

  private beginPkce(turn: number): Promise<IssuedCode> {
    const { service, browsers, apps } = this.population;
    const [browser, app] = [browsers[turn % browsers.length], apps[Math.floor(turn / browsers.length) % apps.length]];
    if (browser === undefined || app === undefined) throw new Error('nobody is there to log in');
    return requestCode(service, browser, app, { scope: scopeOf(turn) });
  }

  private beginWallet(turn: number): Promise<Challenge> {
    const { service, dapps } = this.population;
    return requestChallenge(service, dapps[turn % dapps.length] ?? '', scopeOf(Math.floor(turn / 2)));
  }
}

function scopeOf(turn: number): string {
  return turn % refreshEvery === 0 ? 'openid offline_access' : 'openid';
}
