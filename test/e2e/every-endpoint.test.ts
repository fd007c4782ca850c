import { describe, expect, it } from '@jest/globals';
import { hiddenFields } from '../support/clients/browser-session';
import { logInByWallet } from '../support/clients/logged-in-client';
import { openLoginPage, signedForm } from '../support/clients/login-page';
import {
  askWith,
  authorizationQuery,
  basic,
  codeFor,
  loggedIn,
  postFields,
  redeem,
  refresh,
} from '../support/clients/pkce-login';
import { pushRequest } from '../support/clients/pushed-request';
import { registerClient } from '../support/clients/registered';
import { allowedCode, manage, nativeClient, register } from '../support/clients/registration';
import { newAccount, signInByOwnMessage } from '../support/clients/wallet';
import { documentOf, operationsOf } from '../support/docs/api-document';
import { admin, adminToken } from '../support/operations/admin';
import { dashboardBrowser } from '../support/operations/dashboard';
import { fixture } from '../support/run/fixture';
import { finishedRun, readEvents } from '../support/service/comparison';
import { startService } from '../support/service/service';
import { bothStores } from '../support/stores/stores';

const partner = { client_id: 'demo-partner', redirect_uri: 'http://127.0.0.1/partner' };

/** The one suite that asks every endpoint on both stores: most others are about what no store decides. */
describe.each(bothStores)('every endpoint on %s', (store) => {
  const service = fixture(() => startService(store, { ADMIN_TOKEN: adminToken }));
  const document = fixture(() => documentOf(service));

  /** The body that the document shows. */
  const exampleOf = (method: 'post' | 'patch', path: string): object => {
    const examples = document.paths[path]?.[method]?.requestBody?.content['application/json']?.examples;
    return (examples?.['example']?.value ?? {}) as object;
  };

  it('given one of each thing, when all that can be asked is asked, then each endpoint succeeds, and none fails', async () => {
    for (const { path, method } of operationsOf(document)) {
      if (method === 'get' && !path.includes('{')) await fetch(service.url + path).then((each) => each.arrayBuffer());
    }
    await logInWithCode();
    await logInWithWallet();
    await useRegistration();
    await administrate();
    await readEvents(service.url, (await finishedRun(service.url, { models: ['pkce'], attacks: false })).id);

    const answers = service.log.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ route }) => route);
    const succeeded = new Set(
      answers.filter(({ status }) => Number(status) < 400).map(({ method, route }) => `${method} ${route}`),
    );
    const documented = operationsOf(document).map(
      ({ path, method }) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
    );
    expect(documented.filter((each) => !succeeded.has(each))).toEqual([]);
    expect(answers.filter(({ status }) => Number(status) >= 500)).toEqual([]);
  });

  async function logInWithCode(): Promise<void> {
    const browser = await loggedIn(service);
    const { body } = await redeem(service, await codeFor(service, browser, { scope: 'openid offline_access' }));
    const token = String(body['access_token']);
    const authorization = `Bearer ${token}`;
    for (const path of ['/api/me', '/userinfo']) await askWith(service, token, path);
    await postFields(service, '/userinfo', {}, { authorization });
    const refreshed = await refresh(service, body['refresh_token']);
    await postFields(service, '/introspect', { token }, basic('demo-client', 'demo-secret'));
    await postFields(service, '/revoke', { client_id: 'demo-spa', token: String(refreshed.body['refresh_token']) });
    await pushRequest(service);
    await browser.postForm('/authorize', Object.fromEntries(authorizationQuery()));
    await allowedCode(service, browser, partner.client_id, { ...partner, state: 'one' });
    const account = await browser.fetch('/account').then((response) => response.text());
    await browser.postForm('/account', { ...hiddenFields(account), end: 'app', id: partner.client_id });
    const logout = await browser.fetch('/logout').then((response) => response.text());
    await browser.postForm('/logout', hiddenFields(logout));
  }

  async function logInWithWallet(): Promise<void> {
    const account = newAccount();
    await logInByWallet(service, account);
    const { clientId } = await registerClient(service, {
      walletOrigin: 'https://dapp.example',
      walletMessage: 'wallet',
    });
    await signInByOwnMessage(service, account, { clientId });
    const page = await openLoginPage(service.url);
    await page.browser.postForm('/login/wallet', await signedForm(page, account));
  }

  async function useRegistration(): Promise<void> {
    const registered = await register(service, nativeClient);
    await manage('GET', registered);
    await manage('PUT', registered, { ...nativeClient, client_id: registered.body['client_id'] });
    await manage('DELETE', registered);
  }

  async function administrate(): Promise<void> {
    for (const [path, id] of [
      ['clients', 'client_id'],
      ['apis', 'id'],
      ['users', 'id'],
    ] as const) {
      const template = `/admin/${path}/{${id}}`;
      const { body } = await admin(service, 'POST', `/${path}`, exampleOf('post', `/admin/${path}`));
      const one = `/${path}/${String(body[id])}`;
      await admin(service, 'GET', one);
      await admin(service, 'PATCH', one, exampleOf('patch', template));
      if (path !== 'users') await admin(service, 'POST', `${one}/secret`, exampleOf('post', `${template}/secret`));
      await admin(service, 'DELETE', one);
    }
    await redeem(service, await codeFor(service, await loggedIn(service), { scope: 'openid offline_access' }));
    for (const path of ['/sessions', '/grants']) {
      const { body } = await admin(service, 'GET', `${path}?sub=user0`);
      const [{ id }] = (Object.values(body).find(Array.isArray) ?? [{}]) as [{ id?: string }];
      await admin(service, 'DELETE', `${path}/${String(id)}`);
      await admin(service, 'DELETE', `${path}?sub=user0`);
    }
    for (const path of ['clients', 'apis', 'users', 'keys', 'audit-events', 'security-report']) {
      await admin(service, 'GET', `/${path}`);
    }
    await admin(service, 'POST', '/keys/rotate', exampleOf('post', '/admin/keys/rotate'));
    const dashboard = await dashboardBrowser(service);
    const page = await dashboard.fetch('/admin/dashboard').then((response) => response.text());
    await dashboard.postForm('/admin/dashboard/sign-out', hiddenFields(page));
  }
});
