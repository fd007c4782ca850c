import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { OpenApiDocument } from '../../src/platform/http/openapi';
import { hiddenFields } from '../support/clients/browser-session';
import { logInByWallet } from '../support/clients/logged-in-client';
import { openLoginPage } from '../support/clients/login-page';
import { authorizationQuery, codeFor, loggedIn, redeem, refresh } from '../support/clients/pkce-login';
import { pushRequest } from '../support/clients/pushed-request';
import { registerClient } from '../support/clients/registered';
import { allowedCode, manage, nativeClient, register } from '../support/clients/registration';
import { newAccount, signInByOwnMessage } from '../support/clients/wallet';
import { operationsOf } from '../support/docs/api-document';
import { admin, adminToken } from '../support/operations/admin';
import { dashboardBrowser } from '../support/operations/dashboard';
import { finishedRun, readEvents } from '../support/service/comparison';
import { startService, type TestService } from '../support/service/service';
import { bothStores } from '../support/stores/stores';

const partner = { client_id: 'demo-partner', redirect_uri: 'http://127.0.0.1/partner' };

/** The one suite that asks every endpoint on both stores: most others are about what no store decides. */
describe.each(bothStores)('every endpoint on %s', (store) => {
  let service: TestService;
  let document: OpenApiDocument;

  beforeAll(async () => {
    service = await startService(store, { ADMIN_TOKEN: adminToken });
    document = await fetch(`${service.url}/docs-json`).then((response) => response.json());
  });
  afterAll(() => service.stop());

  const post = (path: string, body: Record<string, string>, headers: HeadersInit = {}) =>
    fetch(service.url + path, { method: 'POST', headers, body: new URLSearchParams(body) });
  /** The body that the document shows. */
  const exampleOf = (method: 'post' | 'patch', path: string): object => {
    const body = document.paths[path]?.[method]?.requestBody;
    const { example } = (body !== undefined && 'content' in body && body.content['application/json']?.examples) || {};
    return example !== undefined && 'value' in example ? (example.value as object) : {};
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
    for (const path of ['/api/me', '/userinfo']) await fetch(service.url + path, { headers: { authorization } });
    await post('/userinfo', {}, { authorization });
    const refreshed = await refresh(service, body['refresh_token']);
    const basic = { authorization: `Basic ${btoa('demo-client:demo-secret')}` };
    await post('/introspect', { token }, basic);
    await post('/revoke', { client_id: 'demo-spa', token: String(refreshed.body['refresh_token']) });
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
    const { browser, hidden } = await openLoginPage(service.url);
    const asked = await browser.fetch('/login/wallet/challenge', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...hidden, address: account.address }),
    });
    const { nonce, message } = (await asked.json()) as { nonce: string; message: string };
    await browser.postForm('/login/wallet', { ...hidden, nonce, signature: await account.signMessage({ message }) });
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
