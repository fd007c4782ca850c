import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { GrantStore } from '../../src/domain/challenges/grant-store';
import { ClientStore } from '../../src/domain/clients/client-store';
import { newId } from '../../src/domain/credentials/secret';
import { AccessTokens } from '../../src/domain/tokens/access-tokens';
import { Grants } from '../../src/domain/tokens/grants';
import type { KeyRing } from '../../src/domain/tokens/key-ring';
import { TokenIssuer } from '../../src/domain/tokens/token-issuer';
import { IntrospectFlow } from '../../src/protocols/oauth/introspect.flow';
import { StoreUnavailableError } from '../../src/platform/storage/store-unavailable.error';
import { logIn } from '../support/clients/logged-in-client';
import { loggedIn, postFields } from '../support/clients/pkce-login';
import { registerClient } from '../support/clients/registered';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';

describe('access tokens', () => {
  const service = fixture(startService);
  const browser = fixture(() => loggedIn(service));
  const tokens = fixture(() => ({ of: service.app.get(AccessTokens) }));

  const reasonFor = (token: string) =>
    tokens.of.verify(token).then(
      () => 'valid',
      (error: { reason?: string }) => error.reason,
    );

  /** A token of a client's own grant, which is not in the store. */
  async function ofNoGrant() {
    const client = await registerClient(service);
    const authentication = { sub: client.clientId, amr: [], authTime: 0 };
    const begins = { model: 'client', clientId: client.clientId, authentication, scope: ['openid'] } as const;
    const { grant } = service.app.get(Grants).begin({ ...begins, id: newId(), proof: { codeChallenge: '' } });
    const { access_token: token } = await service.app.get(TokenIssuer).issue(grant, client, {});
    return { client, token };
  }

  it('given a token whose grant is not there, when it is verified, then it is as if revoked', async () => {
    const { token } = await ofNoGrant();

    expect(await reasonFor(token)).toBe('access_token_revoked');
    expect(await tokens.of.read(token)).toMatchObject({ model: 'client', amr: [] });
  });

  it('given a token of a client that was removed by another process, when it is verified, then it is revoked', async () => {
    const client = await registerClient(service);
    const { tokens: given } = await logIn(service, browser, { clientId: client.clientId });
    const before = await reasonFor(given.accessToken);

    await service.app.get(ClientStore).remove(client.clientId);

    expect([before, await reasonFor(given.accessToken)]).toEqual(['valid', 'access_token_revoked']);
    expect(await service.app.get(GrantStore).find(String(decodeJwt(given.accessToken)['grant_id']))).toBeDefined();
  });

  it('given three tokens of one grant, when two of them are revoked, then both are, and the third is valid', async () => {
    const { client, tokens: first } = await logIn(service, browser, { scope: 'openid offline_access' });
    const [second, third] = [await client.refresh(), await client.refresh()];

    for (const { accessToken: token } of [first, second]) {
      await postFields(service, '/revoke', { client_id: 'demo-spa', token });
    }

    expect(await Promise.all([first, second, third].map(({ accessToken }) => reasonFor(accessToken)))).toEqual([
      'access_token_revoked',
      'access_token_revoked',
      'valid',
    ]);
  });

  it('given keys that cannot be read, when a token is verified or read, then that is said, and nothing of the token', async () => {
    const { tokens: given } = await logIn(service, browser);
    const keys = { verificationKey: () => Promise.reject(new StoreUnavailableError('gone')) };
    const { app, clock, config } = service;
    const blind = new AccessTokens(
      config,
      clock,
      keys as unknown as KeyRing,
      app.get(GrantStore),
      app.get(ClientStore),
    );

    await expect(blind.read(given.accessToken)).rejects.toThrow(StoreUnavailableError);
    await expect(blind.verify(given.accessToken)).rejects.toThrow(StoreUnavailableError);
    const introspection = new IntrospectFlow(config, clock, app.get(GrantStore), blind);
    const introspector = { client: await registerClient(service) };
    const answer = introspection.introspect({ introspector, token: given.accessToken });
    await expect(answer).rejects.toThrow(StoreUnavailableError);
  });
});
