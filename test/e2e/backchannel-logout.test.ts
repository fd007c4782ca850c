import { beforeEach, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { newId } from '../../src/domain/credentials/secret';
import { admin, adminToken } from '../support/operations/admin';
import { sessionIdOf } from '../support/clients/browser-session';
import { documentServer } from '../support/clients/document-server';
import { eventually } from '../support/run/eventually';
import { sendPassword } from '../support/clients/login-page';
import { logIn } from '../support/clients/logged-in-client';
import { codeFor, loggedIn } from '../support/clients/pkce-login';
import { registerClient } from '../support/clients/registered';
import { fixture, fixtureOfEach } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

const event = 'http://schemas.openid.net/event/backchannel-logout';

describe.each(storesUnderTest)('back-channel logout on %s', (name) => {
  const service = fixture(() => startService(name, { ADMIN_TOKEN: adminToken }));
  const host = fixtureOfEach(documentServer);
  beforeEach(() => {
    host.answer = (_request, response) => void response.writeHead(204).end();
  });

  const registered = (path: string) =>
    registerClient(service, { clientId: newId(), backchannelLogoutUri: `${host.origin}${path}` });
  const loginAt = async (paths: readonly string[]) => {
    const browser = await loggedIn(service);
    const tokens = [];
    for (const path of paths) {
      const { clientId } = await registered(path);
      const { tokens: given } = await logIn(service, browser, { clientId });
      tokens.push({ clientId, idToken: given.idToken ?? '' });
    }
    return { browser, tokens };
  };
  const logoutTokenAt = (path: string) => {
    const found = host.asked.find(({ url }) => url === path);
    return new URLSearchParams(found?.body).get('logout_token') ?? '';
  };
  const told = (times: number) => eventually(async () => host.asked.length === times, { withinMs: 30_000 });

  it('given a login at two clients, when the end-user signs out, then each gets a logout token of its session', async () => {
    const { browser, tokens } = await loginAt(['/one', '/two']);

    await browser.fetch(`/logout?${new URLSearchParams({ id_token_hint: tokens[0]?.idToken ?? '' })}`);
    await told(2);

    const keys = createRemoteJWKSet(new URL(`${service.url}/.well-known/jwks.json`));
    for (const [at, path] of ['/one', '/two'].entries()) {
      const { clientId = '', idToken = '' } = tokens[at] ?? {};
      const options = { issuer: service.url, audience: clientId, typ: 'logout+jwt' };
      const { payload } = await jwtVerify(logoutTokenAt(path), keys, options);
      const { sub, sid } = decodeJwt(idToken);
      expect(payload).toEqual({
        iss: service.url,
        aud: clientId,
        sub,
        sid,
        iat: expect.any(Number),
        exp: (payload.iat ?? 0) + 120,
        jti: expect.any(String),
        events: { [event]: {} },
      });
    }
    expect(host.asked.map(({ method, url }) => `${method} ${url}`).toSorted()).toEqual(['POST /one', 'POST /two']);
  });

  it('given a login that takes the place of another, when it ends, then a client of the former is told of that one', async () => {
    const { browser, tokens } = await loginAt(['/former']);
    await sendPassword(browser);

    await admin(service, 'DELETE', `/sessions/${sessionIdOf(browser)}`);

    await told(1);
    expect(decodeJwt(logoutTokenAt('/former'))['sid']).toBe(decodeJwt(tokens[0]?.idToken ?? '')['sid']);
  });

  it('given a client that logged in again and again, when an administrator ends the session, then it is told once', async () => {
    const { browser, tokens } = await loginAt(['/once']);
    for (let again = 0; again < 3; again += 1)
      await codeFor(service, browser, { client_id: tokens[0]?.clientId ?? '' });

    await admin(service, 'DELETE', `/sessions/${sessionIdOf(browser)}`);
    await told(1);

    expect(host.asked.map(({ url }) => url)).toEqual(['/once']);
    expect(decodeJwt(logoutTokenAt('/once'))).toMatchObject({ sid: sessionIdOf(browser) });
  });

  it('given many sessions of one client, when they end at once, then it is told of each', async () => {
    const { clientId } = await registered('/many');
    const sids: string[] = [];
    for (let count = 0; count < 12; count += 1) {
      const browser = await loggedIn(service);
      await codeFor(service, browser, { client_id: clientId });
      sids.push(sessionIdOf(browser));
    }

    await Promise.all(sids.map((sid) => admin(service, 'DELETE', `/sessions/${sid}`)));

    await told(12);
    const named = host.asked.map(({ body }) => decodeJwt(new URLSearchParams(body).get('logout_token') ?? '')['sid']);
    expect(named.toSorted()).toEqual(sids.toSorted());
  });

  it('given a client that does not answer, when a session ends, then the answer does not wait for it', async () => {
    const { browser } = await loginAt(['/silent']);
    const unanswered: unknown[] = [];
    host.answer = (request) => void unanswered.push(request);

    const { status } = await admin(service, 'DELETE', `/sessions/${sessionIdOf(browser)}`);

    expect(status).toBe(204);
    await eventually(async () => unanswered.length === 1, { withinMs: 20_000 });
  });

  it('given a client that fails, when a session ends, then it is tried again', async () => {
    const { browser } = await loginAt(['/failing']);
    host.answer = (_request, response) => {
      response.writeHead(host.asked.length === 1 ? 503 : 200).end();
    };

    await admin(service, 'DELETE', `/sessions/${sessionIdOf(browser)}`);

    await told(2);
    expect(host.asked[0]?.body).not.toBe(host.asked[1]?.body);
  });

  it('given a redirect, when a client is told, then the token does not go there', async () => {
    const { browser } = await loginAt(['/redirecting']);
    host.answer = (_request, response) => void response.writeHead(307, { location: '/elsewhere' }).end();

    await admin(service, 'DELETE', `/sessions/${sessionIdOf(browser)}`);

    await eventually(async () => service.log.join().includes('redirected'), { withinMs: 20_000 });
    expect(host.asked.some(({ url }) => url === '/elsewhere')).toBe(false);
  });
});
