import { beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { hashPassword } from '../../src/domain/credentials/password';
import { type User, UserStore } from '../../src/domain/identity/user-store';
import { logIn, logInByWallet } from '../support/clients/logged-in-client';
import { askWith, loggedIn } from '../support/clients/pkce-login';
import { registerClient } from '../support/clients/registered';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { newAccount } from '../support/clients/wallet';

const walletOrigin = 'https://dapp.example';

const ofProtocol = new Set(['iss', 'aud', 'iat', 'exp', 'auth_time', 'amr', 'at_hash', 'nonce', 'sid']);
const withoutProtocol = (claims: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(claims).filter(([claim]) => !ofProtocol.has(claim)));

describe.each(storesUnderTest)('the claims of a user on %s', (name) => {
  const service = fixture(() => startService(name));
  beforeAll(async () => {
    const user: User = {
      id: 'user0',
      username: 'user0',
      passwordHash: await hashPassword('password0'),
      name: 'Ada Lovelace',
      email: 'ada@example.com',
      emailVerified: true,
      picture: 'https://example.com/ada.png',
      updatedAt: 1_700_000_000_999,
      demo: true,
    };
    await service.app.get(UserStore).save(user);
  });
  const browser = fixture(() => loggedIn(service));
  const client = fixture(() => registerClient(service, { idTokenClaims: true, walletOrigin }));

  const profile = {
    name: 'Ada Lovelace',
    preferred_username: 'user0',
    picture: 'https://example.com/ada.png',
    updated_at: 1_700_000_000,
  };
  const email = { email: 'ada@example.com', email_verified: true };

  async function login(scope: string, clientId = client.clientId) {
    const { tokens } = await logIn(service, browser, { scope, clientId });
    return { idToken: decodeJwt(tokens.idToken ?? ''), accessToken: tokens.accessToken };
  }
  it.each([
    ['openid', { sub: 'user0' }],
    ['openid profile', { sub: 'user0', ...profile }],
    ['openid email', { sub: 'user0', ...email }],
    ['openid email profile', { sub: 'user0', ...profile, ...email }],
  ])(
    'given %s, when /userinfo is asked, then it tells what belongs to these scopes, and so does the ID token',
    async (scope, claims) => {
      const { idToken, accessToken } = await login(scope);

      const byGet = await askWith(service, accessToken, '/userinfo');
      const byPost = await fetch(`${service.url}/userinfo`, {
        method: 'POST',
        body: new URLSearchParams({ access_token: String(accessToken) }),
      });

      expect(await byGet.json()).toEqual(claims);
      expect(await byPost.json()).toEqual(claims);
      expect(withoutProtocol(idToken)).toEqual(claims);
    },
  );

  it('given a client without id_token_claims, when it logs in, then its ID token tells the subject alone', async () => {
    const { idToken } = await login('openid profile email', 'demo-spa');

    expect(withoutProtocol(idToken)).toEqual({ sub: 'user0' });
  });

  it('given a user with nothing but a name, when /userinfo is asked, then it tells no claim that the user does not have', async () => {
    const users = service.app.get(UserStore);
    const { accessToken } = await login('openid profile email');
    const { name: _, email: __, emailVerified: ___, picture: ____, ...bare } = (await users.find('user0')) as User;
    const before = (await users.find('user0')) as User;

    await users.save({ ...bare, updatedAt: 1_700_000_001_000 });
    const least = await (await askWith(service, accessToken, '/userinfo')).json();
    await users.save({ ...bare, email: 'ada@example.com' });
    const unverified = await (await askWith(service, accessToken, '/userinfo')).json();
    await users.save(before);

    expect(least).toEqual({ sub: 'user0', preferred_username: 'user0', updated_at: 1_700_000_001 });
    expect(unverified).toMatchObject({ email: 'ada@example.com', email_verified: false });
  });

  it('given an account, when /userinfo is asked, then it tells the subject alone, as does the ID token', async () => {
    const tokens = await logInByWallet(service, newAccount(), {
      clientId: client.clientId,
      scope: 'openid profile email',
    });

    const response = await askWith(service, tokens.accessToken, '/userinfo');

    const claims = withoutProtocol(decodeJwt(tokens.idToken ?? ''));
    const { sub, chain_id: _, account_proof: __, ...others } = claims;
    expect(await response.json()).toEqual({ sub });
    expect(others).toEqual({});
  });
});
