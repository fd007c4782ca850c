import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { open } from 'lmdb';
import { GrantStore } from '../../src/domain/challenges/grant-store';
import { s256 } from '../../src/domain/credentials/pkce';
import { newSecret } from '../../src/domain/credentials/secret';
import { SessionStore } from '../../src/protocols/login/session-store';
import { recordShapes } from '../../src/platform/storage/record-shapes';
import { BrowserSession } from '../support/clients/browser-session';
import { codeAccount, type TestCodeAccount } from '../support/evm/code-account';
import { newDpopKey } from '../support/clients/dpop';
import { openLoginPage } from '../support/clients/login-page';
import { openingPath, pushRequest } from '../support/clients/pushed-request';
import { codeFor, loggedIn, postToken, redeem, refresh, submitPassword } from '../support/clients/pkce-login';
import { registerApi, registerClient } from '../support/clients/registered';
import { type RpcNode, startRpcNode } from '../support/evm/rpc-node';
import { startServiceOn, type TestService } from '../support/service/service';
import { challengeFor, newAccount, nonceFor, post, signIn } from '../support/clients/wallet';

/** Those of these logins say words that are names of fields too. */
const words = new Set(['id', 'sub', 'amr', 'kind', 'wallet', 'scope', 'browser', 'proof', 'request', 'jkt']);
const anyName = new RegExp([...new Set(recordShapes.flat())].filter((name) => !words.has(name)).join('|'));

/** The records of a table as they lie on the disk. */
function stored(directory: string, table: string): string[] {
  const root = open({ path: join(directory, 'lmdb'), maxDbs: 32, readOnly: true });
  const records = root.openDB<Buffer, string>({ name: table, encoding: 'binary' });
  return [...records.getRange()].map(({ value }) => Buffer.from(value).toString('latin1'));
}

const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_TRACES_SAMPLER_ARG: '1' };

describe.each([
  ['not traced', {}],
  ['traced', traced],
])('the records of logins that are %s on the embedded store', (_case, tracing) => {
  let directory: string;
  let service: TestService;
  let node: RpcNode;
  let forApi: { readonly client_id: string; readonly resource: string; readonly scope: string };
  let asked: Readonly<Record<string, unknown>>;
  /** The records of each table, by the moment. */
  const records = new Map<string, readonly string[]>();

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tessera-test-'));
    node = await startRpcNode(1);
    const settings = { ...tracing, EVM_RPC_URLS: `1=${node.url}` };
    service = await startServiceOn({ env: { DATA_DIR: directory }, remove: async () => {} }, settings);
    const { identifier: resource } = await registerApi(service);
    const { clientId } = await registerClient(service, { walletOrigin: 'https://dapp.example' });
    forApi = { client_id: clientId, resource, scope: 'openid notes:read' };
    asked = { clientId, scope: 'notes:read', resourceIndicators: [resource] };
    const ofCode = codeAccount(node);
    for (const browser of [await loggedIn(service), await walletLogin(), await walletLogin(ofCode)]) {
      await logIn(browser);
      // Another login in the same browser ends the session before.
      await submitPassword(browser, (await openLoginPage(service.url, '', browser)).html);
      await logIn(browser);
    }
    await signIn(service, newAccount());
    await signIn(service, newAccount(), { scope: 'openid offline_access' });
    await signIn(service, newAccount(), asked);
    const { answer } = await signIn(service, newAccount(), { ...asked, scope: 'offline_access notes:read' });
    await refresh(service, answer.body['refresh_token'], { client_id: clientId });
    await bothModels();
    await assertedLogin();
    await boundLogins();
    // What stays a challenge.
    await challengeFor(service, newAccount(), asked);
    await challengeFor(service, newAccount());
    const writer = { walletOrigin: 'https://dapp.example', walletMessage: 'wallet', firstParty: false } as const;
    const byWallets = await registerClient(service, writer);
    await nonceFor(service, { clientId: byWallets.clientId });
    await nonceFor(service, { ...asked, clientId: byWallets.clientId, chainId: 1 });
    await pushRequest(service);
    const { requestUri } = await pushRequest(service);
    await new BrowserSession(service.url).fetch(openingPath('demo-spa', requestUri));
    for (const table of ['challenges', 'grants', 'sessions']) records.set(table, stored(directory, table));
    await endAll();
    for (const table of ['grants', 'sessions']) records.set(`${table} that have ended`, stored(directory, table));
  });
  afterAll(async () => {
    await service.stop();
    await node.close();
    rmSync(directory, { recursive: true, force: true });
  });

  /** A browser with a session that was opened at the login page by a signature. */
  async function walletLogin(ofCode?: TestCodeAccount): Promise<BrowserSession> {
    const owner = newAccount();
    const { address } = ofCode ?? owner;
    const { browser, hidden } = await openLoginPage(service.url, 'client_id=demo-spa');
    const begin = async () => {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ ...hidden, address });
      const response = await browser.fetch('/login/wallet/challenge', { method: 'POST', headers, body });
      return (await response.json()) as { nonce: string; message: string };
    };
    await begin();
    const { nonce, message } = await begin();
    const signature = ofCode?.sign(message) ?? (await owner.signMessage({ message }));
    const response = await browser.postForm('/login/wallet', { ...hidden, nonce, signature });
    if (response.status !== 303) throw new Error(`login refused: ${response.status}`);
    return browser;
  }

  /** Logins with a verifier beside the signature, and challenges that stay some. */
  async function bothModels(): Promise<void> {
    for (const other of [{}, asked]) {
      const [account, codeVerifier] = [newAccount(), newSecret()];
      const withVerifier = { ...other, codeChallenge: s256(codeVerifier) };
      const { nonce, message } = await challengeFor(service, account, withVerifier);
      const signature = await account.signMessage({ message });
      const { status } = await post(service, '/wallet/verify', { nonce, signature, codeVerifier });
      if (status !== 200) throw new Error(`login refused: ${status}`);
      await challengeFor(service, account, withVerifier);
    }
  }

  /** Every kind of code login, with and without what may be left out; another code of each kind stays a code. */
  async function logIn(browser: BrowserSession): Promise<void> {
    for (const base of [{ client_id: 'demo-spa', scope: 'openid profile' }, forApi]) {
      for (const nonce of [undefined, 'nonce-of-the-client']) {
        for (const more of ['', ' offline_access']) {
          const query = { ...base, scope: `${base.scope}${more}`, nonce };
          const { body } = await redeem(service, await codeFor(service, browser, query));
          const token = body['refresh_token'];
          if (token !== undefined) await refresh(service, token, { client_id: base.client_id });
          await codeFor(service, browser, query);
        }
      }
    }
  }

  async function endAll(): Promise<void> {
    const [grants, sessions] = [service.app.get(GrantStore), service.app.get(SessionStore)];
    const now = service.clock.now();
    const { items } = await grants.list({}, { limit: 100 }, now);
    await grants.revokeAll(
      items.map(({ id }) => id),
      now,
    );
    for (const { id } of (await sessions.list(undefined, { limit: 100 }, now)).items) await sessions.end(id, now);
  }

  /** Codes and refresh tokens that are bound to a key, from the start and later on. */
  async function boundLogins(): Promise<void> {
    const browser = await loggedIn(service);
    const key = await newDpopKey(service.clock);
    const proven = async () => ({ dpop: await key.proof({ url: `${service.url}/token` }) });
    const rotated = async (token: unknown, clientId: string) => {
      const form = { grant_type: 'refresh_token', client_id: clientId, refresh_token: String(token) };
      const { status, body } = await postToken(service, form, await proven());
      if (status !== 200) throw new Error(`refresh refused: ${status}`);
      return body['refresh_token'];
    };
    for (const base of [{ client_id: 'demo-spa', scope: 'openid' }, forApi]) {
      for (const nonce of [undefined, 'nonce-of-the-client']) {
        const query = { ...base, scope: `${base.scope} offline_access`, nonce, dpop_jkt: key.jkt };
        await codeFor(service, browser, query);
        const { body } = await redeem(service, await codeFor(service, browser, query), {}, await proven());
        if (nonce === undefined) await rotated(body['refresh_token'], base.client_id);
      }
    }
    const { body } = await redeem(service, await codeFor(service, browser, { scope: 'offline_access' }));
    await rotated(await rotated(body['refresh_token'], 'demo-spa'), 'demo-spa');
  }

  async function assertedLogin(): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }] };
    const { clientId } = await registerClient(service, { authentication: 'private_key_jwt', jwks });
    const now = Math.floor(service.clock.now() / 1000);
    const assertion = new SignJWT({ iss: clientId, sub: clientId, aud: service.url, jti: newSecret(), exp: now + 60 });
    const { status } = await redeem(service, await codeFor(service, await loggedIn(service), { client_id: clientId }), {
      client_id: undefined,
      client_assertion: await assertion.setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(privateKey),
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
    if (status !== 200) throw new Error(`assertion refused: ${status}`);
  }

  it.each([
    // Eight codes of each of six sessions; two messages of the login page, four of the API, two nonces; an assertion; two
    // pushed requests; four codes that are bound to a key, and eight proofs of it.
    ['challenges', 6 * 8 + 2 + 4 + 2 + 1 + 2 + 4 + 8],
    ['grants', 6 * 8 + 6 + 1 + 5],
    ['sessions', 8],
    ['grants that have ended', 6 * 8 + 6 + 1 + 5],
    ['sessions that have ended', 8],
  ])(
    'given logins of both models, when %s are read from the disk, then none of the %i holds a name of a field',
    (which, count) => {
      expect(records.get(which)).toHaveLength(count);
      expect(records.get(which)?.filter((record) => anyName.test(record))).toEqual([]);
    },
  );
});
