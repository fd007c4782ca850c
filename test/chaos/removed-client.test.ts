import { beforeAll, describe, expect, it } from '@jest/globals';
import { newSecret } from '../../src/domain/credentials/secret';
import { s256 } from '../../src/domain/credentials/pkce';
import { admin, adminToken } from '../support/operations/admin';
import { BrowserSession, hiddenFields } from '../support/clients/browser-session';
import { fixture } from '../support/run/fixture';
import { freePort } from '../support/run/free-port';
import {
  askWith,
  authorizationQuery,
  codeFor,
  locationOf,
  redeem,
  redirectUri,
  refresh,
} from '../support/clients/pkce-login';
import { startServiceProcess } from '../support/service/service-process';
import { emptyStore, bothStores } from '../support/stores/stores';
import { challengeFor, newAccount, post } from '../support/clients/wallet';

const [username, password] = ['somebody', 'password of somebody'];

describe.each(bothStores)('what one of two processes on one %s removes', (name) => {
  const store = fixture(() => emptyStore(name));
  const settings = fixture(async () => ({ ADMIN_TOKEN: adminToken, ISSUER: `http://localhost:${await freePort()}` }));
  const [remover, other] = [fixture(started), fixture(started)];
  beforeAll(() => admin(remover, 'POST', '/users', { username, password }));

  function started() {
    return startServiceProcess({ ...store.env, ...settings });
  }

  async function newClient(fields: object): Promise<string> {
    const common = { token_endpoint_auth_method: 'none', first_party: true, scope: 'openid offline_access' };
    return String((await admin(remover, 'POST', '/clients', { ...common, ...fields })).body['client_id']);
  }
  async function logIn(): Promise<BrowserSession> {
    const browser = new BrowserSession(other.url);
    const form = hiddenFields(await (await browser.fetch('/login')).text());
    await browser.postForm('/login', { ...form, username, password });
    return browser;
  }
  /** What a login meets that the service may refuse at either of its two steps. */
  async function loginOf(
    clientId: string,
    browser: BrowserSession,
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    const verifier = newSecret();
    const asked = authorizationQuery({ client_id: clientId, code_challenge: s256(verifier) });
    const response = await browser.fetch(`/authorize?${asked}`);
    const code = locationOf(response, other).searchParams.get('code');
    if (code === null) return { status: response.status, body: {} };
    return redeem(other, { code, verifier, clientId, redirectUri, state: '' });
  }
  const grantsOf = async (clientId: string) => (await admin(remover, 'GET', `/grants?client_id=${clientId}`)).body;

  it('given a client that the other process still takes for one, when it issues a code and redeems it, then no token is issued', async () => {
    const clientId = await newClient({ redirect_uris: ['http://127.0.0.1/callback'] });
    const browser = await logIn();
    const before = await codeFor(other, browser, { client_id: clientId });

    const { status } = await admin(remover, 'DELETE', `/clients/${clientId}`);
    const after = await codeFor(other, browser, { client_id: clientId });
    const answers = [await redeem(other, before), await redeem(other, after)];

    expect(status).toBe(204);
    expect(answers.map(({ body }) => body['reason'])).toEqual(['code_unknown', 'code_unknown']);
    expect(await grantsOf(clientId)).toEqual({ data: [] });
  });

  it('given the same, when a wallet signs a challenge of before or after, then no token is issued', async () => {
    const clientId = await newClient({ wallet_origin: 'http://localhost:3000' });
    const owner = newAccount();
    const before = await challengeFor(other, owner, { clientId });

    await admin(remover, 'DELETE', `/clients/${clientId}`);
    const after = await challengeFor(other, owner, { clientId });
    const answers = [];
    for (const { nonce, message } of [before, after]) {
      const signature = await owner.signMessage({ message });
      answers.push(await post(other, '/wallet/verify', { nonce, signature }));
    }

    expect(answers.map(({ status }) => status)).toEqual([400, 400]);
    expect(answers[1]?.body).toMatchObject({ error: 'invalid_grant', reason: 'challenge_used' });
    expect(await grantsOf(clientId)).toEqual({ data: [] });
  });

  it('given logins while it is removed, when the removal is answered, then none begins any more, and no token of them is worth anything', async () => {
    const clientId = await newClient({ redirect_uris: ['http://127.0.0.1/callback'] });
    const browser = await logIn();
    let isAnswered = false;
    const [before, after]: [unknown[], number[]] = [[], []];
    const logins = Array.from({ length: 4 }, async () => {
      while (after.length < 12) {
        const isAfter = isAnswered;
        const { status, body } = await loginOf(clientId, browser);
        if (isAfter) after.push(status);
        else if (status === 200) before.push(body['access_token']);
      }
    });

    while (before.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await admin(remover, 'DELETE', `/clients/${clientId}`);
    isAnswered = true;
    await Promise.all(logins);

    expect(after.length).toBeGreaterThan(0);
    expect(new Set(after)).toEqual(new Set([400]));
    expect(await grantsOf(clientId)).toEqual({ data: [] });
    const statuses = await Promise.all(before.map(async (token) => (await askWith(remover, token)).status));
    expect(new Set(statuses)).toEqual(new Set([401]));
  });

  it('given an API that the other process has just found, when it has been removed, then no token is issued for it there', async () => {
    const identifier = 'https://notes.example/v1';
    const scopes = [{ name: 'notes:read', description: 'Read your notes' }];
    const api = await admin(remover, 'POST', '/apis', { identifier, name: 'Notes', scopes });
    const scope = 'offline_access notes:read';
    const clientId = await newClient({ redirect_uris: ['http://127.0.0.1/callback'], scope });
    const browser = await logIn();
    const asked = { client_id: clientId, scope, resource: identifier };
    const granted = await redeem(other, await codeFor(other, browser, asked));
    const code = await codeFor(other, browser, asked);

    const { status } = await admin(remover, 'DELETE', `/apis/${String(api.body['id'])}`);
    const again = await browser.fetch(`/authorize?${authorizationQuery(asked)}`);
    const answers = [
      await redeem(other, code),
      await refresh(other, granted.body['refresh_token'], { client_id: clientId }),
    ];

    expect([granted.status, status]).toEqual([200, 204]);
    expect(locationOf(again, other).searchParams.get('error')).toBe('invalid_target');
    expect(answers.map(({ body }) => body['reason'])).toEqual(['resource_unregistered', 'resource_unregistered']);
  });

  it('given a new client with the id of one that was removed, when somebody logs in at once, then they have a token', async () => {
    const clientId = await newClient({ redirect_uris: ['http://127.0.0.1/callback'] });
    const browser = await logIn();
    await codeFor(other, browser, { client_id: clientId });
    await admin(remover, 'DELETE', `/clients/${clientId}`);

    await newClient({ client_id: clientId, redirect_uris: ['http://127.0.0.1/callback'] });
    const { status } = await redeem(other, await codeFor(other, browser, { client_id: clientId }));

    expect(status).toBe(200);
  });
});
