import { harmless, nameIn, platformFetch, read } from './answer.ts';
import type { Client, ClientOptions, FinishedLogin, LoginOptions } from './client-options.ts';
import { createDiscovery, type Metadata } from './discovery.ts';
import { type ErrorCode, TesseraError } from './errors.ts';
import { heldTokens } from './held-tokens.ts';
import { checkedTokens } from './id-token.ts';
import { platformLocks } from './locks.ts';
import { leaveCallback, pageBrowser } from './page.ts';
import { type PendingLogin, pendingLogins } from './pending-logins.ts';
import { initOf, isStream, Requests } from './requests.ts';
import { sharedStorage } from './shared-storage.ts';
import { stepUpOf } from './step-up.ts';
import { memoryStorage, pageStorage } from './storage.ts';
import { type TokenSet, tokenSetOf } from './tokens.ts';
import { newSecret, s256 } from './web-crypto.ts';

/** Longer than finishing a login takes: a duplicated tab must not redeem it a second time meanwhile. */
const finishMs = 60_000;

/**
 * Creates a client for logins with Tessera; sends no request yet. Throws {@link TesseraError} (`configuration_invalid`) without
 * WebCrypto, as on a page that is neither https nor on localhost.
 */
export function createClient(options: ClientOptions): Client {
  const { issuer, clientId, dpop, now = Date.now, crypto = globalThis.crypto, locks = platformLocks() } = options;
  const { fetch = platformFetch, lockName = `${issuer} ${clientId}` } = options;
  const isPage = 'document' in globalThis;
  const { tokens: storage = isPage ? sharedStorage() : memoryStorage() } = options;
  const { browser = isPage ? pageBrowser : undefined } = options;
  const discovery = options.discovery ?? createDiscovery({ issuer, fetch, now });
  const requests = new Requests(options, fetch);
  // With the issuer: its tokens are for no other, even in a shared storage.
  const key = `tessera.${clientId}@${issuer}`;
  const lockOf =
    (what: string, patience?: number) =>
    <Result>(work: () => Promise<Result>) =>
      locks.request(`tessera ${lockName} ${what}`, work, patience);
  // Missing on a page without https.
  if (crypto?.subtle === undefined) throw missing('WebCrypto');
  const surroundings = { options, discovery, requests, storage, crypto, now, locked: lockOf('tokens') };
  const tokens = heldTokens(key, surroundings);
  const { session } = tokens;
  const logins = pendingLogins(`${key}.logins`, {
    storage: options.logins ?? (isPage ? pageStorage() : memoryStorage()),
    now,
    locked: lockOf('logins'),
  });
  const finishing = new Map<string, Promise<FinishedLogin>>();
  let ofPage = new URLSearchParams();

  /** On the end-user's device; a server’s sessions end by themselves. */
  const sweep = () => {
    if (browser) logins.sweep().catch(() => undefined);
  };
  sweep();

  const push = async (query: URLSearchParams, metadata: Metadata) => {
    const url = endpointIn(metadata, 'pushed_authorization_request_endpoint');
    const { request_uri: requestUri } = await read(await requests.post(url, query));
    return new URLSearchParams({ client_id: clientId, request_uri: String(requestUri) });
  };

  const begin = ({
    data,
    parameters,
    redirectUri = options.redirectUri,
    scope = options.scope ?? 'openid',
    resource = options.resource,
  }: LoginOptions = {}): Promise<string> =>
    session.attempt(async () => {
      if (redirectUri === undefined) throw missing('redirectUri');
      const metadata = await discovery.metadata();
      const codeVerifier = newSecret(crypto);
      // 160 bits: unguessable, and not the length of a verifier. Source: RFC 6749 §10.10.
      const state = newSecret(crypto, 20);
      // Only an ID token returns it. Source: OpenID Connect Core 1.0 §3.1.2.1.
      const nonce = scope.split(' ').includes('openid') ? newSecret(crypto, 20) : undefined;
      const query = new URLSearchParams({
        ...parameters,
        response_type: 'code',
        client_id: clientId,
        redirect_uri: redirectUri,
        scope,
        state,
        code_challenge: await s256(crypto, codeVerifier),
        code_challenge_method: 'S256',
      });
      if (nonce) query.set('nonce', nonce);
      for (const each of [resource ?? []].flat()) query.append('resource', each);
      if (dpop) query.set('dpop_jkt', await dpop.thumbprint());
      await logins.add(state, {
        codeVerifier,
        nonce,
        redirectUri,
        scope,
        begunAt: now(),
        maxAge: parameters?.['max_age'],
        data,
      });
      sweep();
      const endpoint = new URL(metadata.authorization_endpoint);
      endpoint.search = String(options.pushed === true ? await push(query, metadata) : query);
      return endpoint.href;
    });

  const finish = (callbackUrl?: string): Promise<FinishedLogin> => {
    const answer = callbackUrl === undefined ? answerOfPage() : answerIn(callbackUrl);
    const state = answer.get('state') ?? '';
    // An effect that runs twice makes one callback: both calls get the same result.
    const result =
      finishing.get(state) ??
      // A duplicated tab has a copy of the login: it waits here, and then finds the login redeemed.
      session
        .attempt(() => lockOf(`login ${state}`, finishMs)(() => redeemed(state, answer)))
        .finally(() => finishing.delete(state));
    finishing.set(state, result);
    return result;
  };

  /** From the page's URL, whose parameters the first call removes. */
  const answerOfPage = () => {
    const answer = answerIn(leaveCallback());
    if (answer.has('state')) ofPage = answer;
    return ofPage;
  };

  const redeemed = async (state: string, answer: URLSearchParams): Promise<FinishedLogin> => {
    // Before the login is taken: offline it stays pending.
    const metadata = await discovery.metadata();
    const login = await logins.take(state);
    if (!login || (await tokens.isOf(state))) throw new TesseraError('login_unknown');
    const iss = answer.get('iss');
    // Source: RFC 9207 §2.4: a code from this server in another server's response must not be used.
    if (iss === null ? metadata['authorization_response_iss_parameter_supported'] === true : iss !== metadata.issuer) {
      throw new TesseraError('issuer_mismatch');
    }
    const error = answer.get('error');
    if (error !== null) {
      throw new TesseraError(
        (nameIn(error) ?? 'answer_invalid') as ErrorCode,
        harmless(answer.get('error_description') ?? error),
      );
    }
    const fresh = { ...(await redeem(answer.get('code') ?? '', login, metadata)), login: state };
    await tokens.replace(fresh);
    return { tokens: fresh, data: login.data };
  };

  const redeem = async (code: string, login: PendingLogin, { token_endpoint: url }: Metadata): Promise<TokenSet> => {
    const response = await requests.post(url, {
      grant_type: 'authorization_code',
      code,
      redirect_uri: login.redirectUri,
      code_verifier: login.codeVerifier,
    });
    const fresh = tokenSetOf(await read(response), now(), login.scope);
    return checkedTokens(fresh, response, { ...login, clientId }, surroundings);
  };

  /** The whole URL, if its server may receive the access token. */
  const allowed = (url: string | URL): string => {
    try {
      const { href, origin } = new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href);
      const origins = [issuer, options.resource ?? [], options.origins ?? []].flat();
      // The origin of `urn:` and other schemes without servers is "null", which would make them all equal.
      if (origin !== 'null' && origins.some((each) => new URL(each).origin === origin)) return href;
    } catch {
      // A relative path without a page.
    }
    throw missing('token for that URL');
  };

  const show = ({ accessToken, tokenType }: TokenSet, url: string, init: RequestInit): Promise<Response> => {
    const method = init.method?.toUpperCase() ?? 'GET';
    const shown = (proof: string | undefined) => {
      const headers = new Headers(init.headers);
      headers.set('authorization', `${tokenType} ${accessToken}`);
      if (proof) headers.set('dpop', proof);
      return { ...init, method, headers };
    };
    return requests.proven({ method, url, accessToken }, shown, init.signal);
  };

  const fetchWithToken = async (input: string | URL | Request, given?: RequestInit): Promise<Response> => {
    const isRequest = typeof input === 'object' && 'headers' in input;
    const url = allowed(isRequest ? input.url : input);
    const init = { ...(isRequest && (await initOf(input))), ...given };
    const held = await tokens.good();
    const first = await show(held, url, init);
    // A refreshed token is of the same login.
    if (first.status !== 401 || stepUpOf(first) || !held.refreshToken || isStream(init.body)) return first;
    return show(await tokens.refreshOf(held), url, init);
  };

  return {
    discovery,
    begin,
    finish,
    async login(given = {}) {
      if (!browser) throw missing('browser');
      const back = await browser(await begin(given), { redirectUri: given.redirectUri ?? options.redirectUri });
      return typeof back === 'string' ? finish(back) : undefined;
    },
    adopt: tokens.replace,
    tokens: tokens.find,
    refresh: tokens.refresh,
    accessToken: async () => (await tokens.good()).accessToken,
    fetch: fetchWithToken,
    async userinfo() {
      const claims = await read(await fetchWithToken(endpointIn(await discovery.metadata(), 'userinfo_endpoint')));
      const held = await tokens.find();
      // Source: OpenID Connect Core 1.0 §5.3.2.
      if (held?.claims !== undefined && claims['sub'] !== held.claims.sub) {
        throw new TesseraError('answer_invalid');
      }
      return claims;
    },
    async revoke() {
      await tokens.end();
    },
    async logout({ postLogoutRedirectUri, state } = {}) {
      const endpoint = endpointIn(await discovery.metadata(), 'end_session_endpoint');
      // The session ends even if the revocation is lost: the end-user has to see it end.
      const held = await tokens.end(true);
      const fields = {
        client_id: clientId,
        ...(postLogoutRedirectUri && { post_logout_redirect_uri: postLogoutRedirectUri }),
        ...(state && { state }),
      };
      const url = `${endpoint}?${new URLSearchParams(fields)}`;
      const form = { ...fields, ...(held?.idToken && { id_token_hint: held.idToken }) };
      await browser?.(url, { form, redirectUri: postLogoutRedirectUri });
      return { url, form };
    },
    subscribe: session.subscribe,
    getSnapshot: session.getSnapshot,
    close() {
      session.close();
      logins.close();
    },
  };
}

function endpointIn(
  metadata: Metadata,
  name: `${'pushed_authorization_request' | 'userinfo' | 'end_session'}_endpoint`,
) {
  const url = metadata[name];
  if (!url) throw missing(name);
  return url;
}

/** Accepts anything, and quotes none of it. */
const answerIn = (callbackUrl: string) => new URLSearchParams(/\?([^#]*)/.exec(callbackUrl)?.[1]);

const missing = (what: string) => new TesseraError('configuration_invalid', `There is no ${what}`);
