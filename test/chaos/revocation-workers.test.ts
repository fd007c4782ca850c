import { describe, expect, it } from '@jest/globals';
import { newId } from '../../src/domain/credentials/secret';
import { admin, adminToken } from '../support/operations/admin';
import { BrowserSession, hiddenFields } from '../support/clients/browser-session';
import { askWith, codeFor, type IssuedCode, redeem, refresh } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { startServiceProcess } from '../support/service/service-process';
import { emptyStore, bothStores } from '../support/stores/stores';
import type { Answer } from '../support/clients/wallet';

const password = 'password of a user';
const scope = 'openid offline_access';

/** Enough that every worker is asked. */
const asked = 12;

/** The statuses that all workers answer with, each once. */
async function statuses(request: () => Promise<Pick<Response, 'status'>>): Promise<number[]> {
  const answers = await Promise.all(Array.from({ length: asked }, request));
  return [...new Set(answers.map(({ status }) => status))].toSorted();
}

describe.each(bothStores)('what is ended at one of three workers on one %s', (name) => {
  const store = fixture(() => emptyStore(name));
  const service = fixture(() => startServiceProcess({ ...store.env, WORKERS: '3', ADMIN_TOKEN: adminToken }));

  /** A login of a new user at a new client, with everything that one leaves, which every worker has seen alive. */
  async function login() {
    const username = newId();
    const user = await admin(service, 'POST', '/users', { username, password });
    const client = await admin(service, 'POST', '/clients', {
      redirect_uris: ['http://127.0.0.1/callback'],
      token_endpoint_auth_method: 'none',
      first_party: true,
    });
    const [sub, clientId] = [String(user.body['id']), String(client.body['client_id'])];
    const browser = new BrowserSession(service.url);
    const form = hiddenFields(await (await browser.fetch('/login')).text());
    await browser.postForm('/login', { ...form, username, password });
    const given = { client_id: clientId, scope };
    const { body } = await redeem(service, await codeFor(service, browser, given));
    const codes: IssuedCode[] = [];
    for (let count = 0; count < asked; count += 1) codes.push(await codeFor(service, browser, given));
    expect(await statuses(() => askWith(service, body['access_token']))).toEqual([200]);
    return { sub, clientId, browser, body, codes };
  }

  async function expectNothingLeft({ clientId, body, codes }: Awaited<ReturnType<typeof login>>) {
    expect(await statuses(() => askWith(service, body['access_token']))).toEqual([401]);
    expect(await statuses(() => askWith(service, body['access_token'], '/userinfo'))).toEqual([401]);
    const [refreshed, redeemed] = [[] as Answer[], [] as Answer[]];
    for (const code of codes) {
      refreshed.push(await refresh(service, body['refresh_token'], { client_id: clientId }));
      redeemed.push(await redeem(service, code));
    }
    for (const { status, body: refused } of [...refreshed, ...redeemed]) {
      expect([400, 401]).toContain(status);
      expect(['invalid_grant', 'invalid_client']).toContain(refused['error']);
    }
  }

  it.each<[what: string, method: string, patch: object | undefined]>([
    ['disabled', 'PATCH', { disabled: true }],
    ['removed', 'DELETE', undefined],
  ])('given a user, when they are %s, then no worker takes anything of theirs', async (_what, method, patch) => {
    const given = await login();

    await admin(service, method, `/users/${given.sub}`, patch);

    await expectNothingLeft(given);
    expect(await statuses(() => given.browser.fetch('/account'))).toEqual([303]);
  });

  it('given a client, when it is removed, then no worker takes anything of it, and its end-user stays signed in', async () => {
    const given = await login();

    await admin(service, 'DELETE', `/clients/${given.clientId}`);

    await expectNothingLeft(given);
    expect(await statuses(() => given.browser.fetch('/account'))).toEqual([200]);
  });

  it('given a session, when it is ended by its end-user, then no worker knows it, nor its codes', async () => {
    const given = await login();
    const form = hiddenFields(await (await given.browser.fetch('/account')).text());

    await given.browser.postForm('/account', { csrf: form['csrf'] ?? '', end: 'everything' });

    await expectNothingLeft(given);
  });
});
