import { openStores } from './open-stores';
import { ChallengeStore } from '../../src/challenges/challenge-store';
import { TombstoneStore } from '../../src/challenges/tombstone-store';
import { RateLimitStore } from '../../src/http/rate-limit-store';
import { KeyRing } from '../../src/tokens/key-ring';
import { SigningKeyStore } from '../../src/tokens/signing-key-store';

/** What one of several processes does at the signal, `callers` times at once. */
export type Contest =
  | { readonly name: 'consume'; readonly id: string; readonly callers: number }
  | { readonly name: 'leave'; readonly id: string; readonly callers: number }
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
      consume: (id: string) => stores.get(ChallengeStore).consume('refresh_token', id, {}, Date.now()),
      leave: async (id: string, caller: number) => {
        const tombstone = { kind: 'refresh_token', id, grantId: 'grant', clientId: 'client' } as const;
        const times = { spentAt: Date.now(), expiresAt: Date.now() + 60_000 };
        const left = await stores
          .get(TombstoneStore)
          .leave({ ...tombstone, ...times, successor: `${process.pid}/${caller}` });
        return left.successor;
      },
      count: (key: string) => stores.get(RateLimitStore).count(key, Date.now() + 60_000),
    }[contest.name];
    const subject = contest.name === 'count' ? contest.key : contest.id;
    return Promise.all(Array.from({ length: contest.callers }, (_, caller) => attempt(subject, caller)));
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
