import { ChallengeStore } from '../../../src/domain/challenges/challenge-store';
import type { Grant } from '../../../src/domain/challenges/grant';
import { newId, newSecret } from '../../../src/domain/credentials/secret';
import type { Rotated } from '../../../src/domain/challenges/grant-store';
import type { OpenStores } from './open-stores';
import { completeAuthentication, sampleChallenges } from './sample-challenges';

const day = 24 * 3_600_000;

/** A grant with a new id and every optional field but `revokedAt`, without which it is alive. */
export function sampleGrant(now: number, changes: Partial<Grant> = {}): Grant & Required<Pick<Grant, 'refresh'>> {
  const refresh = {
    family: newSecret(),
    current: newSecret(),
    previous: newSecret(),
    successor: 'encrypted',
    rotatedAt: now - 1,
    expiresAt: now + day,
  };
  return {
    id: newId(),
    model: 'wallet',
    clientId: 'demo-dapp',
    scope: ['openid', 'profile', 'offline_access'],
    authentication: completeAuthentication,
    proof: {
      wallet: '0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045',
      chainId: Number.MAX_SAFE_INTEGER,
      messageHash: '00'.repeat(32),
      signatureHash: newSecret(),
      codeChallenge: newSecret(),
    },
    createdAt: now,
    expiresAt: now + 2 * day,
    ...changes,
    refresh: changes.refresh ?? refresh,
  };
}

/** What a rotation writes, all of it new. */
export function rotated(changes: Partial<Rotated> = {}): Rotated {
  return {
    family: newSecret(),
    current: newSecret(),
    previous: newSecret(),
    successor: newSecret(),
    rotatedAt: Date.now(),
    ...changes,
  };
}

/** A grant that is in the store, begun as every grant is: by the redemption of a challenge. */
export async function begunGrant(stores: OpenStores, changes: Partial<Grant> = {}) {
  return inStore(stores, sampleGrant(stores.clock.now(), changes));
}

/** One without refresh tokens. */
export async function begunOnlineGrant(stores: OpenStores, changes: Partial<Grant> = {}): Promise<Grant> {
  const { refresh: _refresh, ...grant } = sampleGrant(stores.clock.now(), changes);
  return inStore(stores, grant);
}

/** This grant, which is in the store then. */
export async function inStore<Begun extends Grant>(stores: OpenStores, grant: Begun): Promise<Begun> {
  const now = stores.clock.now();
  const challenge = sampleChallenges(now).wallet_challenge;
  const challenges = stores.get(ChallengeStore);
  await challenges.save(challenge);
  if ((await challenges.redeem('wallet_challenge', challenge.id, {}, now, () => ({ grant }))) === undefined) {
    throw new Error('not begun');
  }
  return grant;
}
