import { Injectable } from '@nestjs/common';
import { type Budget, budgetsOf, RateLimiter } from '../http/rate-limiter';
import type { SignatureClaim } from './account-signer';
import { codeAnswersOfNonce, codeLimits } from './wallet-limits';

const minute = 60_000;
const hour = 60 * minute;

/** A wrong answer until it is known to be none. */
export interface Guess {
  giveBack(): Promise<void>;
}

/**
 * Counts the signatures that only a node can refuse, so that nobody uses up through us what a node allows: those of a
 * challenge always, and, where limits are on, those of an IP address, an account and a chain.
 */
@Injectable()
export class CodeGuesses {
  constructor(private readonly limiter: RateLimiter) {}

  /** Counts one before it is judged. Throws: 429 with `Retry-After`. */
  async take({ wallet, chainId, attempt: { nonce, expiresAt, client } }: SignatureClaim): Promise<Guess> {
    const [name, { address, account, chain }] = ['wallet-code', codeLimits];
    const ofMinute = [...budgetsOf(client, name, address), { key: `${name} chain ${chainId}`, atMost: chain }];
    const ofHour = [{ key: `${name} account ${chainId} ${wallet}`, atMost: account }];
    const ofNonce = { key: `${name} nonce ${nonce}`, atMost: codeAnswersOfNonce };
    await this.limiter.take(minute, ofMinute);
    await this.limiter.take(hour, ofHour);
    await this.limiter.takeUntil(expiresAt, [ofNonce]);
    const giveBackAll = async (window: number, budgets: readonly Budget[]) => {
      await Promise.all(budgets.map((budget) => this.limiter.giveBack(window, budget)));
    };
    return {
      giveBack: async () => {
        await this.limiter.giveBackUntil(expiresAt, ofNonce.key);
        await giveBackAll(minute, ofMinute);
        await giveBackAll(hour, ofHour);
      },
    };
  }
}
