import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SigningKeyStore } from '../../src/domain/tokens/signing-key-store';
import { admin, adminToken } from '../support/admin';
import { BrowserSession, hiddenFields } from '../support/browser-session';
import { issuedNow } from '../support/former-store';
import { openStores } from '../support/open-stores';
import { askWith, authorizationQuery, basic, locationOf, redeem, refresh } from '../support/pkce-login';
import { settingsFor } from '../support/production';
import { startServiceOn, type TestService } from '../support/service';
import { contentsOf } from '../support/store-contents';
import { emptyStore, storesUnderTest, type TestStore } from '../support/stores';
import { tessera } from '../support/tessera-command';
import { restoreBefore, type StoreBefore, storeBefore, subject } from '../support/version-before';
import { type Answer, post } from '../support/wallet';

const production = { NODE_ENV: 'production', SIGNING_ALG: 'ES256', RATE_LIMIT: 'off', ADMIN_TOKEN: adminToken };
const redirectUri = 'https://client.example/callback';
const tokenOf = ({ body }: Answer) => String(body['refresh_token']);

describe.each(storesUnderTest)('a production store of the version before on %s', (name) => {
  let store: TestStore;
  let before: StoreBefore;
  let service: TestService;

  beforeEach(async () => {
    store = emptyStore(name);
    before = storeBefore(name);
    await restoreBefore(name, store, before);
    service = await startServiceOn(store, production);
  });
  afterEach(async () => {
    await service.stop();
    await store.remove();
  });

  const statusWith = async (token: string | undefined) =>
    (await askWith(service, await issuedNow(token ?? '', before, service.url))).status;
  const refreshed = (token: string | undefined, clientId = 'spa') => refresh(service, token, { client_id: clientId });
  const verify = ({ nonce, signature }: { nonce: string; signature: string }) =>
    post(service, '/wallet/verify', { nonce, signature });
  /** Where the browser with this cookie is sent by an authorization request. */
  const authorized = async (cookie: string | undefined, clientId = 'spa', scope = 'openid') => {
    const query = authorizationQuery({ client_id: clientId, redirect_uri: redirectUri, scope });
    const headers = { cookie: `tessera_session=${cookie}` };
    return locationOf(await new BrowserSession(service.url).fetch(`/authorize?${query}`, { headers }), service).href;
  };
  const formLogin = async (username: string) => {
    const browser = new BrowserSession(service.url);
    const html = await (await browser.fetch('/login')).text();
    return browser.postForm('/login', { ...hiddenFields(html), username, password: 'password0' });
  };

  it('given its plain keys, when it starts, then they are the same and encrypted, the log says so, and a second start has nothing to do', async () => {
    const kids = before.tables['signing_keys']?.map(({ value }) => value['kid']).toSorted();
    const kept = await service.app.get(SigningKeyStore).list();
    const first = service.log.join('');
    await service.stop();

    service = await startServiceOn(store, production);

    expect(kept.map(({ kid, privateJwk }) => [kid, typeof privateJwk]).toSorted()).toEqual(
      kids?.map((kid) => [kid, 'string']),
    );
    expect(first).toContain('"keys":2,"msg":"signing keys were not encrypted until now: rotate them"');
    expect(service.log.join('')).not.toMatch(/not encrypted|"records":/);
  });

  it('given a live code and a live challenge, when they are redeemed, then each gives tokens, once', async () => {
    const { liveCode, liveChallenge } = before.logins;

    const answers = [await redeem(service, liveCode), await verify(liveChallenge)];
    const again = [await redeem(service, liveCode), await verify(liveChallenge)];

    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    for (const { body } of answers) expect((await askWith(service, body['access_token'])).status).toBe(200);
    expect(again.map(({ body }) => body['reason'])).toEqual(['code_used', 'challenge_used']);
  });

  it('given its tokens, when they are used, then the live ones are good, and refresh until one is reused', async () => {
    const { plain, offline, rotatedTwice, wallet } = before.logins;
    const logins = [plain, offline, rotatedTwice, wallet];

    const alive = await Promise.all(logins.map(({ accessTokens }) => statusWith(accessTokens[0])));
    const first = await refreshed(rotatedTwice.refreshTokens[2]);
    const second = await refreshed(tokenOf(first));
    const ofWallet = await refreshed(wallet.refreshTokens[0], 'dapp');
    const reused = await refreshed(rotatedTwice.refreshTokens[0]);

    expect(alive).toEqual([200, 200, 200, 200]);
    expect([first.status, second.status, ofWallet.status]).toEqual([200, 200, 200]);
    expect(reused.body['reason']).toBe('refresh_token_reused');
    expect((await refreshed(tokenOf(second))).body['reason']).toBe('refresh_token_revoked');
  });

  it('given a lost answer of its last rotation, when it is repeated, then it is the same successor', async () => {
    const [, previous, latest] = before.logins.rotatedTwice.refreshTokens;

    const repeated = await refreshed(previous);

    expect([repeated.status, tokenOf(repeated)]).toEqual([200, latest]);
  });

  it('given what was redeemed, when it is replayed, then all its tokens are revoked; and what was revoked stays so', async () => {
    const { offline, wallet, replayed, reused } = before.logins;
    service.clock.advance(60_000);

    const replays = [await redeem(service, offline.code), await verify(wallet)];

    expect(replays.map(({ body }) => body['reason'])).toEqual(['code_used', 'challenge_used']);
    const dead = [offline, wallet, replayed, reused];
    expect(await Promise.all(dead.map(({ accessTokens }) => statusWith(accessTokens[0])))).toEqual([
      401, 401, 401, 401,
    ]);
    expect((await refreshed(reused.refreshTokens.at(-1))).body['reason']).toBe('refresh_token_revoked');
  });

  it('given its sessions and consents, when /authorize is asked, then the browsers are logged in, and nobody is asked again', async () => {
    const [byPassword, byWallet] = before.logins.cookies;

    const answers = [await authorized(byPassword), await authorized(byWallet), await authorized(byPassword, 'partner')];

    for (const location of answers) expect(location).toMatch(/^https:\/\/client\.example\/callback\?code=/);
  });

  it('given its clients, when they come, then their secrets and their origins are known', async () => {
    const grant = { grant_type: 'refresh_token', refresh_token: 'unknown' };
    const asked = (headers: Record<string, string>, fields = grant) =>
      fetch(`${service.url}/token`, { method: 'POST', headers, body: new URLSearchParams(fields) });

    const right = await asked(basic('web', 'secret-of-web'));
    const wrong = await asked(basic('web', 'another'));
    const origins = ['https://client.example', 'https://dapp.example', 'http://localhost:5173', 'https://evil.example'];
    const allowed = await Promise.all(
      origins.map(async (origin) => (await asked({ origin })).headers.get('access-control-allow-origin')),
    );

    expect(await reasonOf(right)).toBe('refresh_token_unknown');
    expect(wrong.status).toBe(401);
    expect(allowed).toEqual([...origins.slice(0, 3), null]);
  });

  it('given a client, when it is removed, then nothing that its index knew of it is left', async () => {
    const removed = await admin(service, 'DELETE', '/clients/spa');
    const origins = ['http://localhost:5173', 'http://localhost:5174', 'https://client.example'];
    const body = new URLSearchParams({ grant_type: 'refresh_token' });
    const allowed = await Promise.all(
      origins.map(async (origin) => {
        const answer = await fetch(`${service.url}/token`, { method: 'POST', headers: { origin }, body });
        return answer.headers.get('access-control-allow-origin');
      }),
    );

    expect(removed.status).toBe(204);
    // The last one is another client's too.
    expect(allowed).toEqual([null, null, 'https://client.example']);
  });

  it('given its users, when they log in, then case does not matter, and /userinfo finds them', async () => {
    const { plain } = before.logins;
    const token = await issuedNow(plain.accessTokens[0] ?? '', before, service.url);

    const statuses = [(await formLogin('Alice')).status, (await formLogin('alice')).status];
    const claims = await (await askWith(service, token, '/userinfo')).json();

    expect(statuses).toEqual([303, 303]);
    expect(claims).toMatchObject({ sub: subject, preferred_username: 'user0' });
  });

  it('given its grants and sessions, when the administration lists and ends them, then it finds all of them', async () => {
    const { offline, wallet, rotatedTwice, cookies } = before.logins;
    const clients = await admin(service, 'GET', '/clients');
    const users = await admin(service, 'GET', '/users');
    const grants = await admin(service, 'GET', `/grants?sub=${subject}`);
    const ofDapp = await admin(service, 'GET', '/grants?client_id=dapp');
    const sessions = await admin(service, 'GET', `/sessions?sub=${subject}`);

    const disabled = await admin(service, 'PATCH', `/users/${subject}`, { disabled: true });
    const after = await admin(service, 'GET', `/grants?sub=${subject}`);

    expect(listed(clients, 'client_id')).toEqual(['dapp', 'partner', 'spa', 'web']);
    expect(listed(users, 'username')).toEqual(['Alice', 'user0']);
    // Of five logins with a code one was replayed and one reused; the code for the partner was not redeemed.
    expect(listed(grants, 'client_id')).toEqual(['spa', 'spa', 'spa']);
    expect(listed(ofDapp, 'sub')).toEqual([`eip155:1:${wallet.address}`]);
    expect(listed(sessions, 'sub')).toEqual([subject]);
    expect(disabled.status).toBe(200);
    expect(listed(after, 'id')).toEqual([]);
    expect((await refreshed(offline.refreshTokens[0])).body['reason']).toBe('refresh_token_revoked');
    expect(await statusWith(rotatedTwice.accessTokens[0])).toBe(401);
    expect(await authorized(cookies[0])).toMatch(/\/login\?/);
    expect(await statusWith(wallet.accessTokens[0])).toBe(200);
  });

  it('given a command as the first thing, when it works on the store, then it is of production, and the service goes on from there', async () => {
    const first = emptyStore(name);
    await restoreBefore(name, first, before);
    const untouched = await contentsOf(name, first);
    const own = { ...first.env, ...production, ...settingsFor(production) };

    const refused = await tessera(['users', 'list'], { ...first.env, NODE_ENV: 'development' });
    const afterRefusal = await contentsOf(name, first);
    const found = await tessera(['users', 'show', 'ALICE', '--json'], own);
    const ended = await tessera(['grants', 'end', '--sub', subject], own);
    await service.stop();
    service = await startServiceOn(first, production);
    const dead = await refreshed(before.logins.offline.refreshTokens[0]);
    await service.stop();
    await expect(openStores(first, { NODE_ENV: 'development' })).rejects.toThrow('this one is of production');
    service = await startServiceOn(store, production);
    await first.remove();

    expect([refused.status, afterRefusal]).toEqual([78, untouched]);
    expect(JSON.parse(found.stdout)).toMatchObject({ id: 'subject-of-alice', username: 'Alice' });
    expect(ended.stdout).toBe('3 ended\n');
    expect(dead.body['reason']).toBe('refresh_token_revoked');
  });
});

async function reasonOf(response: Response): Promise<unknown> {
  return ((await response.json()) as Answer['body'])['reason'];
}

/** A field of each record of a list. */
function listed({ body }: Answer, field: string): unknown[] {
  return (body['data'] as Answer['body'][]).map((each) => each[field]);
}
