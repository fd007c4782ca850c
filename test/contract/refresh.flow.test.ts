import { beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { ApiStore } from '../../src/domain/apis/api-store';
import type { BegunGrant, Grant } from '../../src/domain/challenges/grant';
import { GrantStore } from '../../src/domain/challenges/grant-store';
import type { Client } from '../../src/domain/clients/client';
import { hashSecret, newId, newSecret } from '../../src/domain/credentials/secret';
import { UserClaimsReader } from '../../src/domain/identity/user-claims';
import { UserStore } from '../../src/domain/identity/user-store';
import { RefreshFlow } from '../../src/protocols/oauth/refresh.flow';
import { Audiences } from '../../src/domain/tokens/audiences';
import { Grants } from '../../src/domain/tokens/grants';
import { KeyRing } from '../../src/domain/tokens/key-ring';
import { newRefreshToken } from '../../src/domain/tokens/refresh-token';
import { SigningKeyStore } from '../../src/domain/tokens/signing-key-store';
import { TokenIssuer } from '../../src/domain/tokens/token-issuer';
import { fixture } from '../support/run/fixture';
import { openEmptyStore, portOf } from '../support/stores/open-empty-store';
import { RecordedEvents } from '../support/service/recorded-events';
import { completeAuthentication } from '../support/stores/sample-challenges';
import { inStore } from '../support/stores/sample-grants';
import { bothStores } from '../support/stores/stores';

const familyMs = 30 * 24 * 3_600_000;

const spa: Client = {
  clientId: 'demo-spa',
  name: 'A client',
  authentication: 'none',
  redirectUris: [],
  firstParty: true,
  scopes: ['openid', 'profile', 'offline_access'],
  idTokenAlgorithm: 'RS256',
  demo: false,
};
const partner: Client = { ...spa, clientId: 'demo-partner' };

describe.each(bothStores)('the refresh of a grant on %s', (name) => {
  const stores = fixture(() => openEmptyStore(name, { SIGNING_ALG: 'ES256' }));
  const grantStore = portOf(stores, GrantStore);
  const ring = fixture(() => new KeyRing(stores.config, stores.clock, stores.get(SigningKeyStore)));
  beforeAll(() => ring.ensure());
  const grants = fixture(() => new Grants(stores.config, stores.clock, grantStore));
  const flow = fixture(() => {
    const { config, clock } = stores;
    const audiences = new Audiences(config, stores.get(ApiStore));
    const users = new UserClaimsReader(stores.get(UserStore));
    const issuer = new TokenIssuer(config, clock, ring, audiences, users);
    return new RefreshFlow(clock, grantStore, grants, audiences, issuer);
  });
  const events = new RecordedEvents();

  const begins = (scope: readonly string[]) => {
    const granted = { model: 'pkce', clientId: spa.clientId, authentication: completeAuthentication } as const;
    return grants.begin({ ...granted, scope, id: newId(), proof: { codeChallenge: 'x' } });
  };

  /** A grant that is in the store, and its first refresh token. */
  async function begun(scope = ['profile', 'offline_access']): Promise<Required<BegunGrant>> {
    const { grant, refreshToken } = begins(scope);
    if (refreshToken === undefined) throw new Error('no refresh token');
    return { grant: await inStore(stores, grant), refreshToken };
  }

  const refresh = (refreshToken: string | undefined, client = spa, scope: readonly string[] = []) =>
    flow.refresh({ client, refreshToken, scope, resource: undefined, jkt: undefined, events });
  const successorOf = async (token: string) => (await refresh(token)).refresh_token ?? '';
  const refusal = (...request: Parameters<typeof refresh>) =>
    refresh(...request).then(
      () => 'refreshed',
      (error: { reason?: string }) => error.reason,
    );
  const stored = ({ id }: Grant) => grantStore.find(id);
  const isRevoked = async (grant: Grant) => (await stored(grant))?.revokedAt !== undefined;
  const eventsOf = ({ id }: Grant) => events.all.filter((event) => 'grantId' in event && event.grantId === id);
  const typesOf = (grant: Grant) => eventsOf(grant).map(({ type }) => type);

  it('given a token, when it is used, then its grant goes on in the successor alone', async () => {
    const { grant, refreshToken } = await begun();

    const answer = await refresh(refreshToken);

    expect(decodeJwt(answer.access_token)).toMatchObject({ grant_id: grant.id, client_id: spa.clientId });
    expect(answer.scope).toBe('profile offline_access');
    expect(answer.refresh_token).not.toBe(refreshToken);
    const { refresh: state, ...rest } = (await stored(grant)) as Grant;
    const { refresh: first, ...begunAs } = grant;
    expect(rest).toStrictEqual(begunAs);
    expect(state).toMatchObject({ family: first?.family, previous: first?.current, expiresAt: first?.expiresAt });
    expect(await refusal(answer.refresh_token)).toBe('refreshed');
    expect(typesOf(grant)).toEqual(['tokens_refreshed', 'tokens_refreshed']);
  });

  it('given a grant, when the store is read, then it holds none of its tokens', async () => {
    const { grant, refreshToken } = await begun();
    const successor = await successorOf(refreshToken);

    const record = JSON.stringify(await stored(grant));

    for (const token of [refreshToken, successor]) expect(record).not.toContain(token.split('.')[1]);
  });

  it.each([
    [0, 1, 'refresh_token_reused'],
    [60, 59_000, 'refreshed'],
    [60, 61_000, 'refresh_token_reused'],
  ])(
    'given a client with a grace of %i s, when a used token is repeated after %i ms, then it is %s',
    async (refreshTokenGrace, later, outcome) => {
      const { refreshToken } = await begun();
      await refresh(refreshToken);

      stores.clock.advance(later);

      expect(await refusal(refreshToken, { ...spa, refreshTokenGrace })).toBe(outcome);
    },
  );

  it('given a used token, when it is repeated within 10 s, then it gets the same successor, and is told as a repeat', async () => {
    const { grant, refreshToken } = await begun();
    const successor = await successorOf(refreshToken);

    stores.clock.advance(9_000);
    const repeated = await refresh(refreshToken);

    expect(repeated.refresh_token).toBe(successor);
    expect(eventsOf(grant)).toEqual([
      expect.objectContaining({ type: 'tokens_refreshed', repeated: false }),
      expect.objectContaining({ type: 'tokens_refreshed', repeated: true }),
    ]);
    expect(await refusal(successor)).toBe('refreshed');
  });

  it('given a used token, when it is used again after 10 s, then it and its successor are worth nothing', async () => {
    const { grant, refreshToken } = await begun();
    const successor = await successorOf(refreshToken);

    stores.clock.advance(10_001);
    const reused = await refusal(refreshToken);

    expect(reused).toBe('refresh_token_reused');
    expect(await isRevoked(grant)).toBe(true);
    expect(await refusal(successor)).toBe('refresh_token_revoked');
    expect(typesOf(grant)).toEqual(['tokens_refreshed', 'grant_revoked']);
  });

  it('given a family that a reuse has revoked, when the used token comes again, then it is reused still', async () => {
    const { grant, refreshToken } = await begun();
    await refresh(refreshToken);
    stores.clock.advance(10_001);
    await refusal(refreshToken);

    const again = await refusal(refreshToken);

    expect(again).toBe('refresh_token_reused');
    expect(typesOf(grant)).toEqual(['tokens_refreshed', 'grant_revoked']);
  });

  it.each([1, 2, 5])(
    'given a successor that was used itself, when a token of %i generations before comes at once, then the family is revoked',
    async (generations) => {
      const { grant, refreshToken } = await begun();
      let latest = await successorOf(refreshToken);
      for (let generation = 0; generation < generations; generation += 1) latest = await successorOf(latest);

      const reused = await refusal(refreshToken);

      expect(reused).toBe('refresh_token_reused');
      expect(await isRevoked(grant)).toBe(true);
      expect(await refusal(latest)).toBe('refresh_token_revoked');
    },
  );

  it('given a token, when 200 use it at once, then all get one successor, and one line goes on', async () => {
    const { grant, refreshToken } = await begun();

    const answers = await Promise.all(Array.from({ length: 200 }, () => refresh(refreshToken)));

    const successors = [...new Set(answers.map((answer) => answer.refresh_token))];
    expect(successors).toHaveLength(1);
    expect(await isRevoked(grant)).toBe(false);
    const told = eventsOf(grant);
    expect(told.filter((event) => event.type === 'tokens_refreshed' && !event.repeated)).toHaveLength(1);
    expect(told).toHaveLength(200);
    const next = await successorOf(successors[0] ?? '');
    expect(next).not.toBe(successors[0]);
    expect((await stored(grant))?.refresh?.current).toBe(hashSecret(next.split('.')[1] ?? ''));
    expect(await refusal(next)).toBe('refreshed');
  });

  it("given a token, when another client uses it before and after its use, then it is unknown, and its owner's goes on", async () => {
    const { grant, refreshToken } = await begun();

    const before = await refusal(refreshToken, partner);
    const successor = await successorOf(refreshToken);
    stores.clock.advance(60_000);
    const after = [await refusal(refreshToken, partner), await refusal(successor, partner)];

    expect([before, ...after]).toEqual(Array(3).fill('refresh_token_unknown'));
    expect(await isRevoked(grant)).toBe(false);
    expect(await refusal(successor)).toBe('refreshed');
  });

  it('given the id of a grant from an access token, when secrets are made up for it, then they are unknown and nothing is revoked', async () => {
    const { grant, refreshToken } = await begun();
    const other = await begun();
    const { access_token: accessToken, refresh_token: successor = '' } = await refresh(refreshToken);
    const grantId = String(decodeJwt(accessToken)['grant_id']);
    const secret = successor.split('.')[1] ?? '';
    stores.clock.advance(60_000);

    const madeUp = [
      newRefreshToken(grantId).token,
      `${grantId}.${'A'.repeat(64)}`,
      // Without its first 128 bits, which all tokens of the grant share, the rest of a right one proves nothing.
      `${grantId}.${'B'.repeat(22)}${secret.slice(22)}`,
      `${grantId}.${other.refreshToken.split('.')[1]}`,
      `${other.grant.id}.${secret}`,
      `${grantId}.${secret.slice(0, 63)}`,
      `${grantId}.${secret}A`,
      `${grantId} .${secret}`,
      `${grantId}.`,
      grantId,
      grant.refresh?.current ?? '',
      grant.refresh?.family ?? '',
    ];
    const refused = await Promise.all(madeUp.map((token) => refusal(token)));

    expect(grantId).toBe(grant.id);
    expect(refused).toEqual(madeUp.map(() => 'refresh_token_unknown'));
    expect([await isRevoked(grant), await isRevoked(other.grant)]).toEqual([false, false]);
    expect([await refusal(successor), await refusal(other.refreshToken)]).toEqual(['refreshed', 'refreshed']);
  });

  it('given a made-up secret of the right family, when it is used, then it is a former token as far as anybody can tell', async () => {
    const { grant, refreshToken } = await begun();
    const family = Buffer.from(refreshToken.split('.')[1] ?? '', 'base64url').subarray(0, 16);

    const refused = await refusal(newRefreshToken(grant.id, family).token);

    expect(refused).toBe('refresh_token_reused');
    expect(await isRevoked(grant)).toBe(true);
  });

  describe('scope', () => {
    it('given a narrower scope, when it is asked for, then the answer has it and the grant keeps its own', async () => {
      const { grant, refreshToken } = await begun();

      const narrow = await refresh(refreshToken, spa, ['profile']);
      const wide = await refresh(narrow.refresh_token);

      expect([narrow.scope, wide.scope]).toEqual(['profile', 'profile offline_access']);
      expect((await stored(grant))?.scope).toEqual(['profile', 'offline_access']);
    });

    it('given a scope of which a part was not granted, when it is asked for, then that is dropped', async () => {
      const { refreshToken } = await begun();

      const answer = await refresh(refreshToken, spa, ['admin', 'openid', 'profile']);

      expect(answer.scope).toBe('profile');
      expect(answer).not.toHaveProperty('id_token');
    });

    it.each([[['openid']], [['admin', 'openid']], [['']], [['$ne']]])(
      'given a scope of which nothing was granted (%j), when it is asked for at first and at a repeat, then nothing is given',
      async (scope) => {
        const { grant, refreshToken } = await begun();

        const first = await refusal(refreshToken, spa, scope);
        const unchanged = await stored(grant);
        const successor = await successorOf(refreshToken);
        const repeated = await refusal(refreshToken, spa, scope);

        expect([first, repeated]).toEqual(['scope_exceeds_grant', 'scope_exceeds_grant']);
        expect(unchanged).toStrictEqual(grant);
        expect(await refusal(successor)).toBe('refreshed');
      },
    );
  });

  it('given a revoked grant, when its token is used, then it is refused and nothing is changed', async () => {
    const { grant, refreshToken } = await begun();
    await grantStore.revoke(grant.id, stores.clock.now());
    const before = await stored(grant);

    const refused = await refusal(refreshToken);

    expect(refused).toBe('refresh_token_revoked');
    expect(await stored(grant)).toStrictEqual(before);
  });

  it('given a used token of a revoked grant, when it is repeated within 10 s, then it is told as revoked and gets nothing', async () => {
    const { grant, refreshToken } = await begun();
    await refresh(refreshToken);
    await grantStore.revoke(grant.id, stores.clock.now());

    expect(await refusal(refreshToken)).toBe('refresh_token_revoked');
  });

  it('given a family of 30 days, when the last second of them and one more are over, then its token is good, then expired', async () => {
    const [early, late] = [await begun(), await begun()];
    stores.clock.advance(familyMs - 5_000);
    const before = await refusal(early.refreshToken);
    stores.clock.advance(6_000);

    const after = await refusal(late.refreshToken);

    expect([before, after]).toEqual(['refreshed', 'refresh_token_expired']);
    expect(await isRevoked(late.grant)).toBe(false);
  });

  it('given the moment at which a family or the time of a lost answer ends, when a token is used, then the first is over, and the second is not', async () => {
    await stores.clock.standStill(async () => {
      const [used, unused] = [await begun(), await begun()];
      const successor = await successorOf(used.refreshToken);

      stores.clock.advance(10_000);
      const repeated = await refresh(used.refreshToken);
      stores.clock.advance((unused.grant.refresh?.expiresAt ?? 0) - stores.clock.now());

      expect(repeated.refresh_token).toBe(successor);
      expect(await refusal(unused.refreshToken)).toBe('refresh_token_expired');
    });
  });

  it('given a client of FAPI 2.0, when it refreshes, then its token stays; of one that was rotated before, the successor is repeated', async () => {
    const fapi = { ...spa, requirePushedAuthorizationRequests: true, dpopBoundAccessTokens: true } as const;
    const ofFapi: Client = { ...fapi, authentication: 'private_key_jwt' };
    const { grant, refreshToken } = await begun();

    const kept = await refresh(refreshToken, ofFapi);
    const successor = await successorOf(refreshToken);
    const repeated = await refresh(refreshToken, ofFapi);

    expect([kept.refresh_token, repeated.refresh_token]).toEqual([refreshToken, successor]);
    expect(eventsOf(grant).map((event) => 'repeated' in event && event.repeated)).toEqual([false, false, true]);
  });

  it('given a token of no grant, when it is used for a scope, then it is unknown', async () => {
    expect(await refusal(newRefreshToken(newId()).token, spa, ['profile'])).toBe('refresh_token_unknown');
  });

  it('given a family that lives on, when it is refreshed again and again, then it lives no longer than its login gave it', async () => {
    const { grant, refreshToken } = await begun();
    let latest = refreshToken;
    for (let turn = 0; turn < 3; turn += 1) {
      stores.clock.advance(familyMs / 4);
      latest = await successorOf(latest);
    }

    stores.clock.advance(familyMs / 4 + 1);

    expect((await stored(grant))?.refresh?.expiresAt).toBe(grant.refresh?.expiresAt);
    expect(await refusal(latest)).toBe('refresh_token_expired');
  });

  it.each(['never issued', '', newSecret(), newRefreshToken(newId()).token, '\0'.repeat(65), 'x'.repeat(100_000)])(
    'given a token that never was, when it is used, then it is unknown',
    async (token) => {
      expect(await refusal(token)).toBe('refresh_token_unknown');
    },
  );

  it('given no token, when a refresh is asked for, then it is required', async () => {
    expect(await refusal(undefined)).toBe('refresh_token_required');
  });

  it('given a grant without offline_access, when its id is used as that of a refresh token, then it is unknown', async () => {
    const { grant, refreshToken } = begins(['openid']);
    await inStore(stores, grant);

    const refused = await refusal(newRefreshToken(grant.id).token);

    expect(refreshToken).toBeUndefined();
    expect(refused).toBe('refresh_token_unknown');
    expect(await isRevoked(grant)).toBe(false);
  });
});
