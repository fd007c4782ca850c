import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ChallengeStore } from '../../src/challenges/challenge-store';
import { hashSecret, newId } from '../../src/credentials/secret';
import { TombstoneStore } from '../../src/challenges/tombstone-store';
import type { Grant } from '../../src/challenges/grant';
import { RefreshTokens } from '../../src/tokens/refresh-tokens';
import { RevocationStore } from '../../src/tokens/revocation-store';
import { type OpenStores, openStores } from '../support/open-stores';
import { completeAuthentication } from '../support/sample-challenges';
import { emptyStore, storesUnderTest } from '../support/stores';

const day = 24 * 3_600_000;
const rules = { lastTokenExpiry: (grant: Grant) => grant.expiresAt + 3_600_000, assertAllowed: () => {} };

describe.each(storesUnderTest)('refresh tokens on %s', (name) => {
  const store = emptyStore(name);
  let stores: OpenStores;
  let tokens: RefreshTokens;

  beforeAll(async () => {
    stores = await openStores(store);
    const [challenges, tombstones] = [stores.get(ChallengeStore), stores.get(TombstoneStore)];
    tokens = new RefreshTokens(challenges, tombstones, stores.get(RevocationStore), stores.clock);
  });
  afterAll(async () => {
    await stores.close();
    await store.remove();
  });

  const newGrant = (): Grant => ({
    grantId: newId(),
    model: 'pkce',
    clientId: 'demo-spa',
    scope: ['offline_access'],
    authentication: completeAuthentication,
    expiresAt: stores.clock.now() + day,
  });
  const rotate = (token: string, clientId = 'demo-spa') => tokens.rotate(token, clientId, rules);
  const refusal = (token: string, clientId?: string) =>
    rotate(token, clientId).then(
      () => 'rotated',
      (error: { reason?: string }) => error.reason,
    );
  const isAlive = async (token: string) =>
    (await stores.get(ChallengeStore).find('refresh_token', hashSecret(token))) !== undefined;
  const isRevoked = ({ grantId }: Grant) => stores.get(RevocationStore).isRevoked([grantId], stores.clock.now());

  it('given a token, when it is rotated, then its grant goes on in the successor alone', async () => {
    const grant = newGrant();
    const first = await tokens.begin(grant);

    const rotation = await rotate(first);

    expect(rotation.grant).toStrictEqual(grant);
    expect([await isAlive(first), await isAlive(rotation.successor)]).toEqual([false, true]);
    expect((await rotate(rotation.successor)).grant).toStrictEqual(grant);
  });

  it('given a rotated token, when it is repeated within 10 s, then it gets the same successor', async () => {
    const first = await tokens.begin(newGrant());
    const { successor } = await rotate(first);

    stores.clock.advance(9_000);
    const repeated = await rotate(first);

    expect(repeated.successor).toBe(successor);
    expect(await isAlive(successor)).toBe(true);
  });

  it('given a rotated token, when it is used after 10 s, then it and its successor are worth nothing', async () => {
    const grant = newGrant();
    const first = await tokens.begin(grant);
    const { successor } = await rotate(first);

    stores.clock.advance(10_001);
    const reused = await refusal(first);

    expect(reused).toBe('refresh_token_reused');
    expect(await isRevoked(grant)).toBe(true);
    expect(await refusal(successor)).toBe('refresh_token_revoked');
  });

  it('given a family that a reuse has revoked, when the spent token is used again, then it is reused still', async () => {
    const first = await tokens.begin(newGrant());
    await rotate(first);
    stores.clock.advance(10_001);
    await refusal(first);

    const again = await refusal(first);

    expect(again).toBe('refresh_token_reused');
  });

  it('given a successor that was rotated itself, when the first is repeated at once, then the family is revoked', async () => {
    const grant = newGrant();
    const first = await tokens.begin(grant);
    const second = (await rotate(first)).successor;
    const third = (await rotate(second)).successor;

    const reused = await refusal(first);

    expect(reused).toBe('refresh_token_reused');
    expect(await isRevoked(grant)).toBe(true);
    expect(await refusal(third)).toBe('refresh_token_revoked');
  });

  it('given a token, when 50 rotate it at once, then all get one successor, and one line goes on', async () => {
    const grant = newGrant();
    const first = await tokens.begin(grant);

    const rotations = await Promise.all(Array.from({ length: 50 }, () => rotate(first)));

    const successors = new Set(rotations.map(({ successor }) => successor));
    expect(successors.size).toBe(1);
    const [successor = ''] = successors;
    expect([await isAlive(first), await isAlive(successor), await isRevoked(grant)]).toEqual([false, true, false]);
    expect((await rotate(successor)).grant).toStrictEqual(grant);
  });

  it("given a token, when another client uses it before and after its rotation, then it is unknown, and its owner's stays", async () => {
    const grant = newGrant();
    const first = await tokens.begin(grant);

    const before = await refusal(first, 'demo-partner');
    const { successor } = await rotate(first);
    stores.clock.advance(60_000);
    const after = await refusal(first, 'demo-partner');

    expect([before, after]).toEqual(['refresh_token_unknown', 'refresh_token_unknown']);
    expect(await isRevoked(grant)).toBe(false);
    expect(await isAlive(successor)).toBe(true);
  });

  it('given a revoked grant, when its token is used, then it is refused and not spent', async () => {
    const grant = newGrant();
    const first = await tokens.begin(grant);
    await stores.get(RevocationStore).revoke(grant.grantId, grant.expiresAt);

    const refused = await refusal(first);

    expect(refused).toBe('refresh_token_revoked');
    expect(await isAlive(first)).toBe(true);
  });

  it('given an expired token or one that never was, when it is used, then it is refused as what it is', async () => {
    const expired = await tokens.begin({ ...newGrant(), expiresAt: stores.clock.now() });

    const refused = [await refusal(expired), await refusal('never issued'), await refusal('')];

    expect(refused).toEqual(['refresh_token_expired', 'refresh_token_unknown', 'refresh_token_unknown']);
  });
});
