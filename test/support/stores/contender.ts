import { openStores } from './open-stores';
import { ChallengeStore } from '../../../src/domain/challenges/challenge-store';
import { GrantStore } from '../../../src/domain/challenges/grant-store';
import { newId, newSecret } from '../../../src/domain/credentials/secret';
import { RateLimitStore } from '../../../src/platform/http/rate-limit-store';
import { PushedRequests } from '../../../src/protocols/login/pushed-requests';
import { KeyRing } from '../../../src/domain/tokens/key-ring';
import { SigningKeyStore } from '../../../src/domain/tokens/signing-key-store';
import { redeemed } from './redeemed';
import { sampleChallenges } from './sample-challenges';
import { rotated, sampleGrant } from './sample-grants';

/** What one of several processes does at the signal, `callers` times at once. */
export type Contest =
  | { readonly name: 'redeem'; readonly id: string; readonly callers: number }
  /** Each in a browser of its own, which has it open then, and asks twice for the code. */
  | { readonly name: 'open'; readonly requestUri: string; readonly clientId: string; readonly callers: number }
  /** Each with a grant of its own, under an id of its own. */
  | { readonly name: 'begin'; readonly id: string; readonly callers: number }
  /** Each with a secret of its own in place of `current`. */
  | { readonly name: 'rotate'; readonly id: string; readonly current: string; readonly callers: number }
  | { readonly name: 'count'; readonly key: string; readonly callers: number }
  | { readonly name: 'first start' };

/** How many codes the browser would have had; undefined when another one was faster. */
async function openedBy(pushedRequests: PushedRequests, { requestUri, clientId }: Extract<Contest, { name: 'open' }>) {
  const browser = newSecret();
  const shown = await pushedRequests.find(requestUri, clientId, browser);
  if (typeof shown === 'string' || !(await pushedRequests.open({ ...shown, browser }))) return undefined;
  const opened = await pushedRequests.find(requestUri, clientId, browser);
  if (typeof opened === 'string') return 0;
  const become = () => pushedRequests.redeem({ ...opened, browser }, sampleChallenges(Date.now()).authorization_code);
  return (await Promise.all([become(), become()])).filter(Boolean).length;
}

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
    const attempts = Array.from({ length: contest.callers }, () => attempt(contest));
    return Promise.all(attempts);
  }

  async function attempt(contest: Exclude<Contest, { name: 'first start' }>): Promise<unknown> {
    const [challenges, grants, now] = [stores.get(ChallengeStore), stores.get(GrantStore), Date.now()];
    switch (contest.name) {
      case 'redeem':
        return redeemed(challenges, 'wallet_challenge', contest.id);
      case 'open':
        return openedBy(new PushedRequests(challenges, stores.clock), contest);
      case 'begin': {
        const begin = () => ({ grant: sampleGrant(now, { id: newId() }) });
        return (await challenges.redeem('wallet_challenge', contest.id, {}, now, begin))?.grant;
      }
      case 'rotate': {
        const match = { clientId: 'demo-dapp', current: contest.current, scope: [] };
        return grants.rotate(contest.id, match, rotated({ current: newSecret(), rotatedAt: now }), now);
      }
      case 'count':
        return stores.get(RateLimitStore).count(contest.key, now + 60_000);
    }
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
