import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { newId } from '../../src/domain/credentials/secret';
import { admin, adminToken } from '../support/operations/admin';
import { BrowserSession } from '../support/clients/browser-session';
import { sendPassword } from '../support/clients/login-page';
import { newPasskeyOwner, signInByPasskey } from '../support/clients/passkey';
import { askWith, authorizationQuery, codeFor, redeem } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { bothStores } from '../support/stores/stores';

const password = 'password of a user';

const isSignedIn = async (browser: BrowserSession) => (await browser.fetch('/account')).status === 200;

describe.each(bothStores)('logins under way while their user is ended on %s', (store) => {
  const service = fixture(() => startService(store, { ADMIN_TOKEN: adminToken }));

  async function newUser() {
    const username = newId();
    const { body } = await admin(service, 'POST', '/users', { username, password });
    return { username, path: `/users/${String(body['id'])}`, sub: String(body['id']) };
  }

  /** Sends the form, and returns the browser, with or without a session. */
  async function logIn(username: string): Promise<BrowserSession> {
    const browser = new BrowserSession(service.url);
    await sendPassword(browser, { username, password });
    return browser;
  }

  it.each<[what: string, method: string, patch: object | undefined]>([
    ['disabled', 'PATCH', { disabled: true }],
    ['given another password', 'PATCH', { password: 'another password' }],
    ['removed', 'DELETE', undefined],
  ])(
    'given logins at every moment around it, when the user is %s, then none of them leaves a session',
    async (_what, method, patch) => {
      for (let round = 0; round < 6; round += 1) {
        const { username, path, sub } = await newUser();
        const logins = Array.from({ length: 6 }, async (_, place) => {
          await delay(place * 8);
          return logIn(username);
        });
        await delay(round * 12);

        const { status } = await admin(service, method, path, patch);
        const browsers = await Promise.all(logins);

        expect([200, 204]).toContain(status);
        expect(await Promise.all(browsers.map(isSignedIn))).toEqual(browsers.map(() => false));
        expect((await admin(service, 'GET', `/sessions?sub=${sub}`)).body).toEqual({ data: [] });
      }
    },
  );

  it('given logins by passkey at every moment around it, when the user is disabled, then none of them leaves a session', async () => {
    for (let round = 0; round < 6; round += 1) {
      const { user, authenticator } = await newPasskeyOwner(service);
      const logins = Array.from({ length: 6 }, async (_, place) => {
        await delay(place * 8);
        return (await signInByPasskey(service, authenticator)).browser;
      });
      await delay(round * 12);

      const { status } = await admin(service, 'PATCH', `/users/${user.id}`, { disabled: true });
      const browsers = await Promise.all(logins);

      expect(status).toBe(200);
      expect(await Promise.all(browsers.map(isSignedIn))).toEqual(browsers.map(() => false));
      expect((await admin(service, 'GET', `/sessions?sub=${user.id}`)).body).toEqual({ data: [] });
    }
  });

  it('given codes that are issued and redeemed while the user is disabled, when all is done, then no token is worth anything', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { username, path, sub } = await newUser();
      const browser = await logIn(username);
      const attempts = Array.from({ length: 12 }, async (_, place) => {
        await delay(place * 3);
        const query = authorizationQuery({ scope: 'openid offline_access' });
        const location = (await browser.fetch(`/authorize?${query}`)).headers.get('location') ?? '';
        if (location.startsWith('/login')) return undefined;
        return redeem(service, await codeFor(service, browser, { scope: 'openid offline_access' })).catch(
          () => undefined,
        );
      });
      await delay(round * 8);

      await admin(service, 'PATCH', path, { disabled: true });
      const answers = (await Promise.allSettled(attempts)).flatMap((each) =>
        each.status === 'fulfilled' && each.value?.status === 200 ? [each.value] : [],
      );

      const statuses = await Promise.all(
        answers.map(async ({ body }) => (await askWith(service, body['access_token'])).status),
      );
      expect(statuses.filter((status) => status !== 401)).toEqual([]);
      expect((await admin(service, 'GET', `/grants?sub=${sub}`)).body).toEqual({ data: [] });
    }
  });
});
