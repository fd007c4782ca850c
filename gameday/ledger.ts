import { setTimeout as delay } from 'node:timers/promises';
import { newSecret } from '../src/domain/credentials/secret';
import { type IssuedCode, type Reachable, redeem, refresh } from '../test/support/clients/pkce-login';
import type { Answer } from '../test/support/clients/wallet';
import { type Challenge, verifyChallenge } from './visitors';

/** A login whose first half was answered. */
export type Begun = { readonly code: IssuedCode } | { readonly challenge: Challenge };

/** What came of all that the service had answered for. */
export interface Account {
  /** Logins that had begun before the cause or during it, and how many of them could be finished afterwards. */
  readonly begun: number;
  readonly finished: number;
  /** Logins whose last request got no answer, from the service or from its store: they may have succeeded or not. */
  readonly inFlight: number;
  /** Refresh tokens that were answered, and how many of them are good afterwards. */
  readonly refreshTokens: number;
  readonly refreshed: number;
  /** Codes that were redeemed, and how many of them are still known as such. */
  readonly spent: number;
  readonly stillSpent: number;
  /** The answers to what was lost, each once. */
  readonly losses: readonly string[];
}

const refreshTokensAtMost = 400;
const spentAtMost = 30;
const atOnce = 8;

/** Keeps what the service has promised, to see afterwards whether it holds. */
export class Ledger {
  private readonly begun: Begun[] = [];
  private readonly maybeSpent = new Set<Begun>();
  private readonly inFlight: Begun[] = [];
  private readonly refreshTokens: { readonly clientId: string; readonly token: string }[] = [];
  private readonly spent: IssuedCode[] = [];

  /** A login that was begun and is to be finished when the cause is gone. */
  keep(begun: Begun): void {
    this.begun.push(begun);
  }

  /**
   * One whose redemption was answered that the store had not answered in time: the store may have done it, or, on MongoDB, have
   * deleted the challenge and not begun its grant.
   */
  keepMaybeSpent(begun: Begun): void {
    this.keep(begun);
    this.maybeSpent.add(begun);
  }

  /** A login whose redemption nobody answered. */
  lostAnswer(begun: Begun): void {
    this.inFlight.push(begun);
  }

  redeemed(begun: Begun, { body }: Answer): void {
    const token = body['refresh_token'];
    if ('code' in begun && this.spent.length < spentAtMost) this.spent.push(begun.code);
    if (typeof token !== 'string' || this.refreshTokens.length >= refreshTokensAtMost) return;
    const { clientId } = 'code' in begun ? begun.code : begun.challenge;
    this.refreshTokens.push({ clientId, token });
  }

  /** Finishes what was begun, refreshes what was granted, and tries what was spent once more. */
  async settle(service: Reachable): Promise<Account> {
    const losses = new Set<string>();
    let done = 0;
    const good = (what: string, { status, body }: Answer) => {
      if (status !== 200) losses.add(`${what}: ${status} ${String(body['reason'] ?? body['error'] ?? '')}`);
      return status === 200;
    };
    // The load goes on, and what it promises meanwhile is not asked for.
    const [begun, refreshTokens, spent] = [[...this.begun], [...this.refreshTokens], [...this.spent]];
    const finished = await count(begun, async (each) => {
      const answer = await finish(service, each);
      const isGone = /^(?:code|challenge)_(?:used|unknown)$/.test(String(answer.body['reason']));
      if (!this.maybeSpent.has(each) || !isGone) return good('login', answer);
      done += 1;
      return false;
    });
    const refreshed = await count(refreshTokens, async ({ clientId, token }) =>
      good('refresh token', await refresh(service, token, { client_id: clientId })),
    );
    const stillSpent = await count(spent, async (code) => {
      // With another verifier, because a replay with the right one would revoke what it had issued.
      const { status, body } = await redeem(service, code, { code_verifier: newSecret() });
      if (body['reason'] !== 'code_used') losses.add(`spent code: ${status} ${String(body['reason'])}`);
      return body['reason'] === 'code_used';
    });
    return {
      begun: begun.length - done,
      finished,
      inFlight: this.inFlight.length + done,
      refreshTokens: refreshTokens.length,
      refreshed,
      spent: spent.length,
      stillSpent,
      losses: [...losses],
    };
  }
}

export function finish(service: Reachable, begun: Begun): Promise<Answer> {
  return 'code' in begun ? redeem(service, begun.code) : verifyChallenge(service, begun.challenge);
}

async function count<Item>(items: readonly Item[], holds: (item: Item) => Promise<boolean>): Promise<number> {
  let held = 0;
  const queue = [...items];
  const next = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      if (await holds(item)) held += 1;
      await delay(1);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, next));
  return held;
}
