import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { open } from 'lmdb';
import { createConnection } from 'mongoose';
import { ClientStore } from '../../src/domain/clients/client-store';
import { hashSecret } from '../../src/domain/credentials/secret';
import { UserStore } from '../../src/domain/identity/user-store';
import { BrowserSession } from './browser-session';
import type { FormerRecord, FormerTables } from './former-store';
import { freePort } from './free-port';
import { openLoginPage } from './login-page';
import { openStores } from './open-stores';
import { codeFor, type IssuedCode, loggedIn, type Reachable, redeem, refresh } from './pkce-login';
import { emptyStore, type StoreName, type TestStore } from './stores';
import { startTypeScript } from './ts-process';
import { type BeforeLogins, type StoreBefore, subject, tableBefore } from './version-before';
import { challengeFor, newAccount, post } from './wallet';

/*
 * Writes test/support/version-before.json: what the version before KEY_ENCRYPTION_KEYS leaves in either store in
 * production, where a hand has put clients and a user into it, and what its clients hold. To be run in a work tree of that
 * version (commit 89b71cf), into which this file and version-before.ts are copied:
 * TEST_MONGODB_URI=… node -r ./test/support/register-typescript.cjs test/support/write-version-before.ts <file>
 */

const scope = 'openid profile offline_access';
const redirectUri = 'https://client.example/callback';
/** Of `password0`. */
const passwordHash =
  '$argon2id$v=19$m=19456,t=2,p=1$p5kyupbV+e31DGny50mkCQ$eCY+v0qk3ee3t3w0KxOdavo3/YjE+DSM1p0iRF5JF8Q';

async function main([file = '']: readonly string[]): Promise<void> {
  const stores = { lmdb: await written('lmdb'), mongodb: await written('mongodb') };
  writeFileSync(file, JSON.stringify(stores));
}

async function written(name: StoreName): Promise<StoreBefore> {
  const store = emptyStore(name);
  const production = { NODE_ENV: 'production', SIGNING_ALG: 'ES256', RATE_LIMIT: 'off' };
  await fill(store, production);
  const port = String(await freePort());
  const lifetimes = { AUTHORIZATION_CODE_TTL: '600', WALLET_CHALLENGE_TTL: '3600' };
  const service = startTypeScript('src/main.ts', [], {
    ...store.env,
    ...production,
    ...lifetimes,
    PORT: port,
    HOST: 'localhost',
  });
  const url = `http://localhost:${port}`;
  const isReady = () =>
    fetch(`${url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isReady())) await delay(50);

  const logins = await madeLogins({ url });
  service.child.kill('SIGTERM');
  await service.exited;
  const left = name === 'lmdb' ? await lmdbContents(store) : await mongoContents(store);
  await store.remove();
  return { takenAt: Date.now(), issuer: url, logins, ...left };
}

/** As an operator had to: there was no administration. */
async function fill(store: TestStore, env: Readonly<Record<string, string>>): Promise<void> {
  const stores = await openStores(store, env);
  const base = {
    redirectUris: [redirectUri],
    scopes: scope.split(' '),
    idTokenAlgorithm: 'ES256',
    demo: false,
  } as const;
  const clients = stores.get(ClientStore);
  // What it called so; two of them came later.
  const secret = { secretHash: hashSecret('secret-of-web') };
  await clients.save({
    ...base,
    clientId: 'web',
    name: 'A web application',
    authentication: 'client_secret',
    ...secret,
    firstParty: true,
  });
  const spaUris = [redirectUri, 'http://localhost:5173/callback'];
  await clients.save({
    ...base,
    clientId: 'spa',
    name: 'A single-page application',
    authentication: 'none',
    firstParty: true,
    redirectUris: spaUris,
  });
  await clients.save({
    ...base,
    clientId: 'dapp',
    name: 'A dApp',
    authentication: 'none',
    firstParty: true,
    redirectUris: [],
    walletOrigin: 'https://dapp.example',
  });
  await clients.save({ ...base, clientId: 'partner', name: 'A partner', authentication: 'none', firstParty: false });
  await stores.get(UserStore).save({ id: 'subject-of-alice', username: 'Alice', passwordHash, demo: false });
  await stores.get(UserStore).save({ id: subject, username: 'user0', passwordHash, demo: false });
  await stores.close();
}

async function madeLogins(service: Reachable): Promise<BeforeLogins> {
  const browser = await loggedIn(service);
  const codeOf = (clientId: string, asked = scope) =>
    codeFor(service, browser, { client_id: clientId, redirect_uri: redirectUri, scope: asked });
  const newCode = (asked?: string) => codeOf('spa', asked);
  const redeemed = async (code: IssuedCode) => ({ code, ...tokensOf((await redeem(service, code)).body) });
  const rotated = async ({ refreshTokens, accessTokens, ...rest }: Awaited<ReturnType<typeof redeemed>>) => {
    const next = tokensOf((await refresh(service, refreshTokens.at(-1), { client_id: 'spa' })).body);
    return {
      ...rest,
      refreshTokens: [...refreshTokens, ...next.refreshTokens],
      accessTokens: [...accessTokens, ...next.accessTokens],
    };
  };
  const verified = async () => {
    const account = newAccount();
    const { nonce, message } = await challengeFor(service, account, { clientId: 'dapp', scope });
    const signature = await account.signMessage({ message });
    const { body } = await post(service, '/wallet/verify', { nonce, signature });
    return { address: account.address, nonce, signature, ...tokensOf(body) };
  };

  const replayed = await redeemed(await newCode());
  const wallet = await verified();
  await delay(2_100);
  await redeem(service, replayed.code);
  const reused = await rotated(await rotated(await redeemed(await newCode())));
  await refresh(service, reused.refreshTokens[0], { client_id: 'spa' });
  await allowPartner(browser);

  const account = newAccount();
  const live = await challengeFor(service, account, { clientId: 'dapp', scope });
  const page = await openLoginPage(service.url, '', new BrowserSession(service.url));
  return {
    replayed,
    reused,
    wallet,
    liveChallenge: { address: account.address, nonce: live.nonce, signature: await account.signMessage(live) },
    plain: await redeemed(await newCode('openid profile')),
    offline: await redeemed(await newCode()),
    liveCode: await newCode(),
    cookies: [browser.cookie('tessera_session') ?? '', await walletCookie(page)],
    rotatedTwice: await rotated(await rotated(await redeemed(await newCode()))),
  };
}

/** The end-user allows the third party, which is asked for no more after that. */
async function allowPartner(browser: BrowserSession): Promise<void> {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: 'partner',
    redirect_uri: redirectUri,
    scope: 'openid profile',
    state: 'state-of-the-browser',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  });
  const html = await (await browser.fetch(`/authorize?${query}`)).text();
  const hidden = [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)];
  const fields = Object.fromEntries(
    hidden.map(([, name = '', value = '']) => [name, value.replaceAll('&amp;', '&')] as const),
  );
  const answer = await browser.postForm('/consent', { ...fields, decision: 'allow' });
  if (answer.status !== 303) throw new Error(`consent refused: ${answer.status} ${await answer.text()}`);
}

async function walletCookie({ browser, hidden }: Awaited<ReturnType<typeof openLoginPage>>): Promise<string> {
  const account = newAccount();
  const response = await browser.fetch('/login/wallet/challenge', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...hidden, address: account.address }),
  });
  const { nonce, message } = (await response.json()) as { nonce: string; message: string };
  await browser.postForm('/login/wallet', { ...hidden, nonce, signature: await account.signMessage({ message }) });
  return browser.cookie('tessera_session') ?? '';
}

function tokensOf(body: Readonly<Record<string, unknown>>) {
  const { access_token: accessToken, refresh_token: refreshToken } = body;
  if (typeof accessToken !== 'string') throw new Error(JSON.stringify(body));
  return { accessTokens: [accessToken], refreshTokens: typeof refreshToken === 'string' ? [refreshToken] : [] };
}

/** All its tables, and the keys of its index as they are. */
async function lmdbContents({ env }: TestStore): Promise<Pick<StoreBefore, 'tables' | 'index'>> {
  const root = open({ path: join(env['DATA_DIR'] ?? '', 'lmdb'), maxDbs: 32, readOnly: true });
  const names = [...root.getKeys()].map(String).filter((name) => name !== 'expiry' && name !== 'index');
  const tables: FormerTables = {};
  for (const name of names) {
    const records = [...root.openDB<object, string>(tableBefore(name)).getRange()];
    tables[name] = records.map(({ key, value }) => ({ key, value: { ...value } }));
  }
  const index = [...root.openDB<boolean, string[]>({ name: 'index' }).getKeys()].map((key) => [...key]);
  await root.close();
  return { tables, index };
}

/** All its collections, and the indexes that the server has of them. */
async function mongoContents({ env }: TestStore): Promise<Pick<StoreBefore, 'tables' | 'index'>> {
  const connection = await createConnection(env['MONGODB_URI'] ?? '').asPromise();
  const tables: FormerTables = {};
  const index: unknown[] = [];
  for (const { name } of await connection.listCollections()) {
    const documents = await connection.collection(name).find({}, { batchSize: 10_000 }).toArray();
    tables[name] = documents.map(({ _id, ...fields }): FormerRecord => ({
      key: String(_id),
      value: withEpochMillis(fields) as FormerRecord['value'],
    }));
    for (const { key, expireAfterSeconds, unique, sparse } of await connection.collection(name).indexes()) {
      if (!('_id' in key)) index.push({ collection: name, key, expireAfterSeconds, unique, sparse });
    }
  }
  await connection.close();
  return { tables, index };
}

function withEpochMillis(value: unknown): unknown {
  if (value instanceof Date) return value.getTime();
  if (Array.isArray(value)) return value.map(withEpochMillis);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, withEpochMillis(field)]));
}

void main(process.argv.slice(2));
