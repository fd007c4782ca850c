import { openStores } from './open-stores';
import { ChallengeStore } from '../../src/challenges/challenge-store';
import { RateLimitStore } from '../../src/http/rate-limit-store';
import { KeyRing } from '../../src/tokens/key-ring';
import { SigningKeyStore } from '../../src/tokens/signing-key-store';
import { redeemed } from './redeemed';

/** What one of several processes does at the signal, `callers` times at once. */
export type Contest =
  | { readonly name: 'redeem'; readonly id: string; readonly callers: number }
  | { readonly name: 'count'; readonly key: string; readonly callers: number }
  | { readonly name: 'first start' };

/** Run by `contenders`: opens the store that its environment selects, says so, and answers each contest with its results. */
async function main(): Promise<void> {
  const stores = await openStores({ env: {} }, process.env as Record<string, string>);

  async function run(contest: Contest): Promise<unknown[]> {
    if (contest.name === 'first start') {
      const ring = new KeyRing(stores.config, stores.clock, stores.get(SigningKeyStore));
      await ring.ensure();
      ring.onApplicationShutdown();
      return ring.publishedKeys().keys.map((key) => key.kid);
    }
    const attempt = {
      redeem: (id: string) => redeemed(stores.get(ChallengeStore), 'wallet_challenge', id),
      count: (key: string) => stores.get(RateLimitStore).count(key, Date.now() + 60_000),
    }[contest.name];
    const subject = contest.name === 'count' ? contest.key : contest.id;
    return Promise.all(Array.from({ length: contest.callers }, () => attempt(subject)));
  }

  process.on('message', (contest: Contest) => {
    run(contest).then(
      (results) => process.send?.(results.filter((result) => result !== undefined)),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  process.send?.('ready');
}

void main();
