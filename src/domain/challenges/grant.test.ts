import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { type Grant, isReplay, grantIdFor, limitedKindOf, rememberedUntil } from './grant';

describe('the id of what a challenge becomes', () => {
  it('given a challenge, when it is asked for, then it is 132 bits of the hash of its kind and id', () => {
    const digest = createHash('sha256').update('wallet_challenge:a nonce').digest('base64url');

    expect(grantIdFor('wallet_challenge', 'a nonce')).toBe(digest.slice(0, 22));
  });

  it('given one id in every kind, when they are asked for, then each leads elsewhere, always to the same place', () => {
    const ids = (
      [
        'authorization_code',
        'wallet_challenge',
        'wallet_login',
        'wallet_nonce',
        'client_assertion',
        'dpop_proof',
      ] as const
    ).map((kind) => [grantIdFor(kind, 'id'), grantIdFor(kind, 'id')]);

    expect(new Set(ids.flat()).size).toBe(6);
    for (const [one, other] of ids) expect(one).toBe(other);
  });
});

describe('a redeemed challenge that comes again', () => {
  it.each([
    [-1, false],
    [0, false],
    [2_000, false],
    [2_001, true],
    [600_000, true],
  ])('given one that arrives %i ms after its redemption, when it is judged, then a replay is %s', (later, replay) => {
    expect(isReplay({ createdAt: 1_700_000_000_000 }, 1_700_000_000_000 + later)).toBe(replay);
  });
});

describe('a grant that counts towards a limit', () => {
  it.each([
    ['no refresh token', {}, 'access'],
    ['a refresh token', { refresh: { family: 'f', current: 'c', expiresAt: 1 } }, 'refresh'],
  ])('given one with %s, when it is counted, then among those alike', (_what, grant, kind) => {
    expect(limitedKindOf(grant)).toBe(kind);
  });
});

describe('the record of a revoked grant', () => {
  const grant = { createdAt: 1_000, expiresAt: 16_000 } as Grant;

  it('given no refresh token, when it is revoked, then it is kept as long as an access token lives', () => {
    expect(rememberedUntil(grant, 5_000)).toBe(20_000);
  });

  it('given a refresh token, when it is revoked, then it is kept as long as what the last refresh could issue', () => {
    const refresh = { family: 'f', current: 'c', expiresAt: 100_000 };

    expect(rememberedUntil({ ...grant, expiresAt: 115_000, refresh }, 5_000)).toBe(20_000);
  });
});
