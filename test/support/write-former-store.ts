import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { open } from 'lmdb';
import { createConnection } from 'mongoose';
import { BrowserSession } from './browser-session';
import type { FormerLogins, FormerRecord, FormerStore, FormerTables } from './former-store';
import { freePort } from './free-port';
import { openLoginPage } from './login-page';
import { codeFor, type IssuedCode, loggedIn, type Reachable, redeem, refresh } from './pkce-login';
import { mongoUri, type StoreName } from './stores';
import { startTypeScript } from './ts-process';
import { challengeFor, newAccount, post } from './wallet';

/*
 * Writes test/support/former-store.json: what version 0.1 leaves in either store, and what its clients hold. To be run
 * in a work tree of that version (commit f8ba1f5), into which this file and former-store.ts are copied:
 * node -r ./test/support/register-typescript.cjs test/support/write-former-store.ts <file>
 */

const scope = 'openid profile offline_access';

interface Opened {
  readonly env: Readonly<Record<string, string>>;
  readonly records: (table: string) => Promise<FormerRecord[]>;
  readonly close: () => Promise<void>;
}

async function main([file = '']: readonly string[]): Promise<void> {
  const stores = { lmdb: await written('lmdb'), mongodb: await written('mongodb') };
  writeFileSync(file, JSON.stringify(stores));
}

/** What is in a store of this kind after all those logins. */
async function written(name: StoreName): Promise<FormerStore> {
  const store = name === 'lmdb' ? openLmdb() : await openMongo();
  const port = String(await freePort());
  const settings = { PORT: port, HOST: 'localhost', AUTHORIZATION_CODE_TTL: '600', WALLET_CHALLENGE_TTL: '3600' };
  const service = startTypeScript('src/main.ts', [], { ...store.env, ...settings, SIGNING_ALG: 'ES256' });
  const url = `http://localhost:${port}`;
  while (
    !(await fetch(`${url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    ))
  )
    await delay(50);

  const { logins, again } = await madeLogins({ url }, store);
  service.child.kill('SIGTERM');
  await service.exited;
  const tables: FormerTables = {};
  for (const table of ['challenges', 'tombstones', 'revocations', 'sessions', 'signing_keys']) {
    tables[table] = await store.records(table);
  }
  tables['challenges']?.push(...again);
  await store.close();
  return { takenAt: Date.now(), issuer: url, logins, tables };
}

/** Logins of each kind; `again`: records that a crash just before their removal would have left. */
async function madeLogins(service: Reachable, { records }: Opened) {
  const browser = await loggedIn(service);
  const newCode = (asked = scope) => codeFor(service, browser, { scope: asked });
  const challengeRecord = async (id: string) => {
    const found = (await records('challenges')).find((record) => record.key === id);
    if (found === undefined) throw new Error('not there');
    return found;
  };
  const redeemed = async (code: IssuedCode) => ({ code, ...tokensOf((await redeem(service, code)).body) });
  const rotated = async ({ refreshTokens, accessTokens, ...rest }: Awaited<ReturnType<typeof redeemed>>) => {
    const next = tokensOf((await refresh(service, refreshTokens.at(-1))).body);
    return {
      ...rest,
      refreshTokens: [...refreshTokens, ...next.refreshTokens],
      accessTokens: [...accessTokens, ...next.accessTokens],
    };
  };
  const verified = async (asked = scope) => {
    const account = newAccount();
    const { nonce, message } = await challengeFor(service, account, { scope: asked });
    const signature = await account.signMessage({ message });
    const again = await challengeRecord(nonce);
    const answer = await post(service, '/wallet/verify', { nonce, signature });
    return { address: account.address, nonce, signature, again, ...tokensOf(answer.body) };
  };

  const replayed = await redeemed(await newCode());
  const wallet = await verified();
  const replayedWallet = await verified();
  await delay(2_100);
  await redeem(service, replayed.code);
  await post(service, '/wallet/verify', { nonce: replayedWallet.nonce, signature: replayedWallet.signature });

  const reused = await rotated(await rotated(await redeemed(await newCode())));
  await refresh(service, reused.refreshTokens[0]);

  // A server that was killed there had issued nothing, and so no refresh token.
  const inDoubtCode = await newCode('openid');
  const codeAgain = await challengeRecord(hashSecret(inDoubtCode.code));
  await redeem(service, inDoubtCode);
  const inDoubtWallet = await verified('openid');

  const interrupted = await redeemed(await newCode());
  const tokenAgain = await challengeRecord(hashSecret(interrupted.refreshTokens[0] ?? ''));
  await rotated(interrupted);

  const account = newAccount();
  const live = await challengeFor(service, account, { scope });
  const plain = await redeemed(await newCode('openid'));
  const offline = await redeemed(await newCode());
  const liveCode = await newCode();
  const page = await openLoginPage(service.url, '', new BrowserSession(service.url));
  const cookie = await walletCookie(page);
  const rotatedTwice = await rotated(await rotated(await redeemed(await newCode())));
  const { again: _wallet, ...walletLogin } = wallet;
  const { again: _replayed, ...replayedLogin } = replayedWallet;
  const { again: walletAgain, ...doubtfulWallet } = inDoubtWallet;
  const logins: FormerLogins = {
    liveCode,
    plain,
    offline,
    rotatedTwice,
    reused,
    replayed,
    liveChallenge: { address: account.address, nonce: live.nonce, signature: await account.signMessage(live) },
    wallet: walletLogin,
    replayedWallet: replayedLogin,
    cookies: [browser.cookie('tessera_session') ?? '', cookie],
    inDoubt: {
      code: inDoubtCode,
      wallet: { nonce: doubtfulWallet.nonce, signature: doubtfulWallet.signature },
      refreshToken: interrupted.refreshTokens[0] ?? '',
    },
  };
  return { logins, again: [codeAgain, walletAgain, tokenAgain] };
}

/** Logs in by wallet at the login page. */
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

function openLmdb(): Opened {
  const directory = mkdtempSync(join(tmpdir(), 'tessera-former-'));
  const records = async (table: string) => {
    const root = open({ path: join(directory, 'lmdb'), maxDbs: 32, readOnly: true });
    const entries = [...root.openDB<object, string>({ name: table }).getRange()];
    await root.close();
    return entries.map(({ key, value }) => ({ key, value: { ...value } }));
  };
  return {
    env: { DATA_DIR: directory, MONGODB_URI: '' },
    records,
    close: async () => rmSync(directory, { recursive: true }),
  };
}

async function openMongo(): Promise<Opened> {
  const uri = mongoUri(`tessera_former_${process.pid}`);
  const connection = await createConnection(uri).asPromise();
  const records = async (table: string) => {
    const documents = await connection.collection(table).find().toArray();
    return documents.map(({ _id, ...fields }) => ({ key: String(_id), value: withEpochMillis(fields) }));
  };
  return {
    env: { MONGODB_URI: uri },
    records,
    close: async () => {
      await connection.dropDatabase();
      await connection.close();
    },
  };
}

function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

function withEpochMillis(fields: object): Record<string, unknown> {
  const entries = Object.entries(fields);
  return Object.fromEntries(entries.map(([name, value]) => [name, value instanceof Date ? value.getTime() : value]));
}

void main(process.argv.slice(2));
