import { describe, expect, it } from '@jest/globals';
import {
  ask,
  browserOf,
  change,
  linkWallet,
  newPerson,
  personPassword,
  storedUser,
} from '../support/clients/account-page';
import { Authenticator } from '../support/clients/authenticator';
import { BrowserSession, hiddenFields } from '../support/clients/browser-session';
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
import { newPasskeyOwner, signInByPasskey } from '../support/clients/passkey';
import { keySigner, newAccount, signInByOwnMessage } from '../support/clients/wallet';
import { documentOf, operationsOf } from '../support/docs/api-document';
import { admin, adminToken } from '../support/operations/admin';
import { consoleBrowser, sendForm } from '../support/operations/console';
import { fixture } from '../support/run/fixture';
import { finishedRun, readEvents } from '../support/service/comparison';
import { MailServer } from '../support/service/mail-server';
import { startService } from '../support/service/service';
import { bothStores } from '../support/stores/stores';

const partner = { client_id: 'demo-partner', redirect_uri: 'http://127.0.0.1/partner' };

/** The one suite that asks every endpoint on both stores: most others are about what no store decides. */
describe.each(bothStores)('every endpoint on %s', (store) => {
  const server = fixture(() => MailServer.start());
  const service = fixture(() => startService(store, { ADMIN_TOKEN: adminToken, SIGN_UP: 'open', ...server.env }));
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
    await changeCredentials();
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
    await browser.postForm('/recover', { ...hiddenFields(account), identifier: 'user0' });
    await signUp();
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
    const { authenticator } = await newPasskeyOwner(service);
    await signInByPasskey(service, authenticator);
  }

  async function changeCredentials(): Promise<void> {
    const person = await newPerson(service);
    const browser = await browserOf(service, person);
    const codes = await change(browser, '/recovery-codes', {}).then((response) => response.text());
    const [, code = ''] = /<code>(.*)<\/code>/.exec(codes) ?? [];
    const recovery = await browser.fetch('/login/recovery').then((response) => response.text());
    await browser.postForm('/login/recovery', { ...hiddenFields(recovery), username: person.username, code });
    await change(browser, '/email', { email: 'person@example.com' });
    const { body: options } = await ask(browser, '/passkeys/challenge');
    const credential = JSON.stringify(new Authenticator({ origin: service.url }).create(options as never));
    await change(browser, '/passkeys', { credential });
    const [passkey] = (await storedUser(service, person)).passkeys ?? [];
    await change(browser, `/passkeys/${passkey?.id}`, { action: 'remove' });
    const wallet = keySigner(newAccount());
    await linkWallet(browser, wallet);
    await change(browser, `/wallets/eip155:1:${wallet.address}`, { action: 'remove' });
    const password = { current_password: personPassword, new_password: 'correct horse battery' };
    await change(browser, '/password', password);
  }

  async function useRegistration(): Promise<void> {
    const registered = await register(service, nativeClient);
    await manage('GET', registered);
    await manage('PUT', registered, { ...nativeClient, client_id: registered.body['client_id'] });
    await manage('DELETE', registered);
  }

  async function signUp(): Promise<void> {
    const [browser, username] = [new BrowserSession(service.url), 'somebody new'];
    const { csrf = '' } = hiddenFields(await (await browser.fetch('/sign-up')).text());
    await browser.fetch('/sign-up/challenge', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ csrf, username }),
    });
    await browser.postForm('/sign-up', { csrf, username, password: 'correct horse battery', email: 'new@example.com' });
  }

  async function useLink(url: string): Promise<void> {
    const [browser, secret] = [new BrowserSession(service.url), url.split('#')[1] ?? ''];
    const { csrf = '' } = hiddenFields(await (await browser.fetch('/link')).text());
    await browser.fetch('/link/passkeys/challenge', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ csrf, secret }),
    });
    await browser.postForm('/link', { csrf, secret, new_password: 'correct horse battery' });
  }

  async function administrate(): Promise<void> {
    for (const [path, id] of [
      ['clients', 'client_id'],
      ['apis', 'id'],
      ['users', 'id'],
      ['operators', 'id'],
    ] as const) {
      const template = `/admin/${path}/{${id}}`;
      const { body } = await admin(service, 'POST', `/${path}`, exampleOf('post', `/admin/${path}`));
      const one = `/${path}/${String(body[id])}`;
      await admin(service, 'GET', one);
      const of = { users: 'links', operators: 'token', clients: 'secret', apis: 'secret' }[path];
      const made = await admin(service, 'POST', `${one}/${of}`, exampleOf('post', `${template}/${of}`));
      if (path === 'users') await useLink(String(made.body['url']));
      await admin(service, 'PATCH', one, exampleOf('patch', template));
      await admin(service, 'DELETE', one);
    }
    await redeem(service, await codeFor(service, await loggedIn(service), { scope: 'openid offline_access' }));
    for (const path of ['/sessions', '/grants']) {
      const { body } = await admin(service, 'GET', `${path}?sub=user0`);
      const [{ id }] = (Object.values(body).find(Array.isArray) ?? [{}]) as [{ id?: string }];
      await admin(service, 'DELETE', `${path}/${String(id)}`);
      await admin(service, 'DELETE', `${path}?sub=user0`);
    }
    const paths = ['clients', 'apis', 'users', 'operators', 'keys', 'security-report'];
    for (const path of [...paths, 'audit-events', 'audit-events/verification']) await admin(service, 'GET', `/${path}`);
    await admin(service, 'POST', '/keys/rotate', exampleOf('post', '/admin/keys/rotate'));
    await useConsole();
  }

  /** The pages of the console, with every form of them. */
  async function useConsole(): Promise<void> {
    const [path, browser] = ['/admin/console', await consoleBrowser(service)];
    const records = {
      clients: { client_id: 'of-console', redirect_uris: 'https://app.example.com/callback' },
      apis: { identifier: 'https://console.example.com', name: 'Of the console' },
      users: { username: 'of-console' },
      operators: { name: 'Of the console', role: 'viewer' },
    };
    for (const [kind, fields] of Object.entries(records)) {
      const list = `${path}/${kind}`;
      const answer = await sendForm(browser, `${path}/new/${kind}`, fields, list);
      const html = await browser.fetch(`${list}?q=console`).then((response) => response.text());
      const one = answer.headers.get('location')?.split('?')[0] ?? new RegExp(`${list}/[\\w-]+`).exec(html)?.[0] ?? '';
      await sendForm(browser, one, fields);
      if (kind === 'users') {
        await sendForm(browser, one, { purpose: 'invitation' }, `${one}/links`);
        await sendForm(browser, one, { what: 'everything' }, `${one}/end`);
      } else {
        await sendForm(browser, one, {}, `${one}/${kind === 'operators' ? 'token' : 'secret'}`);
      }
      await sendForm(browser, `${one}/remove`, {});
    }
    await sendForm(browser, `${path}/keys`, {}, `${path}/keys/rotate`);
    const trail = await browser.fetch(`${path}/audit`).then((response) => response.text());
    await browser.fetch(/\/admin\/console\/audit\/login\?event=\w+/.exec(trail)?.[0] ?? '');
    await browser.fetch(`${path}/audit/verification`);
    await browser.fetch('/admin/dashboard');
    await sendForm(browser, path, {}, `${path}/sign-out`);
  }
});
