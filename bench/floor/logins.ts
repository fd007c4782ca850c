import { createHash, randomBytes } from 'node:crypto';
import { Accounts } from './accounts';
import type { FloorStore, Grant } from './records';
import { refuse } from './refusal';
import { accessTokenSeconds, type Tokens } from './tokens';

/** What a form or a query holds; a repeated parameter is an array. */
export type Fields = Readonly<Record<string, string | string[] | undefined>>;

interface Client {
  readonly id: string;
  readonly redirectUris: readonly string[];
  readonly scopes: readonly string[];
}

const clients: ReadonlyMap<unknown, Client> = new Map(
  [
    { id: 'demo-spa', redirectUris: ['http://127.0.0.1/callback'], scopes: ['openid', 'profile', 'offline_access'] },
    { id: 'demo-dapp', redirectUris: [], scopes: [] },
  ].map((client) => [client.id, client]),
);

const codeMs = 60_000;
const nonceMs = 300_000;
const sessionMs = 12 * 3_600_000;
const passwordHash = sha256('password0');

/** Both logins with every check that protects them, on one user and two clients. */
export class Logins {
  constructor(
    private readonly issuer: string,
    private readonly store: FloorStore,
    private readonly tokens: Tokens,
    private readonly accounts: Accounts,
  ) {}

  /** Begins a session and returns its secret. Not measured, so the password costs nothing. */
  async logIn({ username, password }: Fields): Promise<string> {
    if (username !== 'user0' || sha256(String(password)) !== passwordHash) refuse(401, 'password_wrong');
    const secret = newSecret();
    const authentication = { sub: 'user0', amr: ['pwd'], authTime: Math.floor(Date.now() / 1000) };
    await this.store.saveSession(sha256(secret), { authentication, expiresAt: Date.now() + sessionMs });
    return secret;
  }

  /** Returns where the browser goes with its code. */
  async authorize(query: Fields, cookie: string | undefined): Promise<string> {
    assertOnce(query);
    const client = clients.get(query['client_id']) ?? refuse(400, 'client_unknown');
    const redirectUri = String(query['redirect_uri']);
    const { state, code_challenge: codeChallenge } = query;
    if (!client.redirectUris.includes(redirectUri)) refuse(400, 'redirect_uri_unregistered');
    if (typeof state !== 'string') refuse(400, 'state_required');
    if (query['response_type'] !== 'code' || query['request'] !== undefined) refuse(400, 'request_unsupported');
    if (query['code_challenge_method'] !== 'S256') refuse(400, 'code_challenge_method_unsupported');
    if (typeof codeChallenge !== 'string' || !/^[\w-]{43}$/.test(codeChallenge))
      refuse(400, 'code_challenge_malformed');
    const asked = new Set(String(query['scope'] ?? '').split(' '));
    const [, secret] = /(?:^|; )session=([\w-]{43})(?:;|$)/.exec(cookie ?? '') ?? refuse(401, 'login_required');
    const now = Date.now();
    const session = await this.store.session(sha256(secret ?? ''));
    if (session === undefined || session.expiresAt <= now) refuse(401, 'login_required');
    const code = newSecret();
    await this.store.save({
      kind: 'authorization_code',
      id: sha256(code),
      clientId: client.id,
      scope: client.scopes.filter((scope) => asked.has(scope)),
      redirectUri,
      codeChallenge,
      authentication: session.authentication,
      createdAt: now,
      expiresAt: now + codeMs,
    });
    return `${redirectUri}?code=${code}&iss=${encodeURIComponent(this.issuer)}&state=${encodeURIComponent(state)}`;
  }

  async token(form: Fields): Promise<object> {
    assertOnce(form);
    const { code, code_verifier: verifier } = form;
    const client = clients.get(form['client_id']) ?? refuse(401, 'invalid_client');
    if (form['grant_type'] !== 'authorization_code') refuse(400, 'unsupported_grant_type');
    if (typeof code !== 'string') refuse(400, 'code_required');
    if (typeof verifier !== 'string' || !/^[\w.~-]{43,128}$/.test(verifier)) refuse(400, 'code_verifier_malformed');
    const id = sha256(code);
    const match = {
      clientId: client.id,
      redirectUri: String(form['redirect_uri']),
      codeChallenge: sha256(verifier),
    };
    const secret = newSecret();
    const now = Date.now();
    const grant = await this.store.redeem('authorization_code', id, match, now, (challenge): Grant => {
      const refreshes = challenge.scope.includes('offline_access');
      const { clientId, scope, authentication, codeChallenge } = challenge;
      return {
        ...grantTimes(now),
        id: sha256(id),
        clientId,
        scope,
        authentication,
        proof: [codeChallenge],
        ...(refreshes && { refreshHash: sha256(secret) }),
      };
    });
    if (grant === undefined) refuse(400, 'invalid_grant');
    return this.tokens.answer(grant, 'pkce', grant.refreshHash === undefined ? undefined : `${grant.id}.${secret}`);
  }

  async challenge(body: Record<string, unknown> | undefined): Promise<object> {
    const address = this.accounts.checksummed(body?.['address']) ?? refuse(400, 'address_invalid');
    const chainId = Number(body?.['chainId'] ?? 1);
    if (!Number.isSafeInteger(chainId) || chainId < 1) refuse(400, 'chain_id_invalid');
    const client = clients.get(body?.['clientId'] ?? 'demo-dapp') ?? refuse(400, 'client_id_invalid');
    const nonce = randomBytes(16).toString('hex');
    const now = Date.now();
    const issuedAt = new Date(now).toISOString();
    const expirationTime = new Date(now + nonceMs).toISOString();
    const message =
      `${this.issuer} wants you to sign in with your Ethereum account:\n${address}\n\n\nURI: ${this.issuer}\nVersion: 1\n` +
      `Chain ID: ${chainId}\nNonce: ${nonce}\nIssued At: ${issuedAt}\nExpiration Time: ${expirationTime}`;
    await this.store.save({
      kind: 'wallet_challenge',
      id: nonce,
      clientId: client.id,
      scope: [],
      wallet: address,
      chainId,
      message,
      createdAt: now,
      expiresAt: now + nonceMs,
    });
    return { nonce, message, address, chainId, issuedAt, expirationTime };
  }

  async verify(body: Record<string, unknown> | undefined): Promise<object> {
    const nonce = body?.['nonce'];
    if (typeof nonce !== 'string' || !/^[0-9a-f]{32}$/.test(nonce)) refuse(400, 'nonce_invalid');
    const challenge = await this.store.find('wallet_challenge', nonce);
    const now = Date.now();
    if (challenge === undefined || challenge.expiresAt <= now) refuse(401, 'challenge_unknown');
    const { wallet, chainId, message } = challenge;
    const signed = this.accounts.recover(message, body?.['signature']);
    if (signed?.address !== wallet.slice(2).toLowerCase()) refuse(401, 'signature_mismatch');
    const grant = await this.store.redeem('wallet_challenge', nonce, { wallet }, now, ({ clientId, scope }): Grant => {
      const sub = `eip155:1:${wallet}`;
      return {
        ...grantTimes(now),
        id: sha256(nonce),
        clientId,
        scope,
        authentication: { sub, amr: ['pop'], authTime: Math.floor(now / 1000), chainId },
        proof: [wallet, signed.messageHash, sha256(String(body?.['signature']))],
      };
    });
    if (grant === undefined) refuse(401, 'challenge_used');
    return { ...(await this.tokens.answer(grant, 'wallet')), address: wallet, chainId };
  }
}

function grantTimes(now: number) {
  return { createdAt: now, expiresAt: now + accessTokenSeconds * 1000 };
}

/** Source: RFC 6749 §3.1. */
function assertOnce(fields: Fields): void {
  for (const name in fields) if (Array.isArray(fields[name])) refuse(400, 'parameter_repeated');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}
