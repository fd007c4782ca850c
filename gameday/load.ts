import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, Refused } from './clients/answer';
import { type App, type Browser, type Code, redeemCode, requestCode } from './clients/pkce';
import { type Challenge, newAccount, requestChallenge, verifyChallenge } from './clients/wallet';
import { type Begun, Ledger } from './ledger';

export type Model = 'pkce' | 'wallet';

/** Who logs in all the time, at which service. */
export interface Population {
  readonly url: string;
  readonly apps: readonly App[];
  readonly dapps: readonly string[];
  readonly browsers: readonly Browser[];
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
const underWayAtMost = 150;
/** Every so many logins one asks for a refresh token. */
const refreshEvery = 4;

/** Logins of both models from several clients, at one pace whatever becomes of them, as people come. */
export class SteadyLoad {
  readonly outcomes: Outcome[] = [];
  readonly ledger = new Ledger();
  private readonly underWay = new Set<Promise<void>>();
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private turn = 0;

  constructor(
    readonly population: Population,
    /** Whether a redemption that is answered 503 may have been done: its store did not answer. */
    private readonly storeMayBeSilent = false,
  ) {}

  start(): void {
    this.running = this.run();
  }

  /** Ends it, and waits for what is under way. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await Promise.all(this.underWay);
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

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      this.turn += 1;
      if (this.underWay.size < underWayAtMost) {
        this.launch('pkce', this.turn);
        this.launch('wallet', this.turn);
      }
      await delay(1_000 / loginsPerSecond, undefined, { signal: this.stopping.signal }).catch(() => {});
    }
  }

  private launch(model: Model, turn: number): void {
    const login = this.logIn(model, turn).finally(() => this.underWay.delete(login));
    this.underWay.add(login);
  }

  private async logIn(model: Model, turn: number): Promise<void> {
    const begunAt = performance.now();
    let result = 'ok';
    let begun: Begun | undefined;
    try {
      begun = model === 'pkce' ? { code: await this.beginPkce(turn) } : { challenge: await this.beginWallet(turn) };
      const answer = await this.finish(begun);
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

  private beginPkce(turn: number): Promise<Code> {
    const { url, browsers, apps } = this.population;
    const [browser, app] = [browsers[turn % browsers.length], apps[Math.floor(turn / browsers.length) % apps.length]];
    if (browser === undefined || app === undefined) throw new Error('nobody is there to log in');
    return requestCode(url, browser, app, { scope: scopeOf(turn) });
  }

  private beginWallet(turn: number): Promise<Challenge> {
    const { url, dapps } = this.population;
    return requestChallenge(url, dapps[turn % dapps.length] ?? '', newAccount(), scopeOf(Math.floor(turn / 2)));
  }

  private finish(begun: Begun): Promise<Answer> {
    const { url } = this.population;
    return 'code' in begun ? redeemCode(url, begun.code) : verifyChallenge(url, begun.challenge);
  }
}

function scopeOf(turn: number): string {
  return turn % refreshEvery === 0 ? 'openid offline_access' : 'openid';
}
