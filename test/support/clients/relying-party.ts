import { createRemoteJWKSet, type JWTPayload, jwtVerify, type JWTVerifyResult } from 'jose';
import { newSecret } from '../../../src/domain/credentials/secret';
import { s256 } from '../../../src/domain/credentials/pkce';
import { type BrowserSession, hiddenFields } from './browser-session';
import { byAssertion } from './client-key';
import { authorizationQuery, basic, type Fields, locationOf, postToken, submitPassword } from './pkce-login';
import type { TestService } from '../service/service';
import type { Answer } from './wallet';

/** The whole of one login, as the OpenID conformance suite makes it. */
export interface Login {
  /** What came back to the redirect URI. */
  readonly callback: URLSearchParams;
  /** How many times the end-user was asked for the password. */
  readonly passwordsAsked: number;
  readonly nonce: string | undefined;
  readonly redeem: (changes?: Fields) => Promise<Answer>;
}

/** How the client is registered, and what it authenticates by. */
export interface PartyClient {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly secret?: string;
  /** Signs a fresh assertion (RFC 7523). */
  readonly assertion?: () => Promise<string>;
}

/** A client in the place of the OpenID conformance suite: confidential, with a random `state` and `nonce`, and PKCE. */
export class RelyingParty {
  constructor(
    private readonly service: TestService,
    private readonly browser: BrowserSession,
    private readonly client: PartyClient = demoClient,
  ) {}

  /** Goes to `/authorize`, logs in and consents where a page asks for it, and comes back. */
  async logIn(changes: Fields = {}, method: 'GET' | 'POST' = 'GET'): Promise<Login> {
    const { clientId, redirectUri } = this.client;
    const [verifier, nonce] = [newSecret(), newSecret()];
    const query = authorizationQuery({
      client_id: clientId,
      redirect_uri: redirectUri,
      state: newSecret(),
      nonce,
      code_challenge: s256(verifier),
      ...changes,
    });
    const first =
      method === 'GET'
        ? await this.browser.fetch(`/authorize?${query}`)
        : await this.browser.postForm('/authorize', Object.fromEntries(query));
    const { callback, passwordsAsked } = await this.follow(first);
    if (callback.get('state') !== query.get('state')) throw new Error('the state is not the one that was sent');
    if (callback.get('iss') !== this.service.url) throw new Error('the issuer is not the one that was asked');
    const redeem = (fields: Fields = {}) =>
      this.post(
        {
          grant_type: 'authorization_code',
          code: callback.get('code') ?? undefined,
          redirect_uri: redirectUri,
          code_verifier: verifier,
        },
        fields,
      );
    return { callback, passwordsAsked, nonce: query.get('nonce') ?? undefined, redeem };
  }

  /** The same, and its tokens; throws unless they were issued. */
  async tokens(changes: Fields = {}): Promise<{ login: Login; body: Answer['body']; idToken: JWTPayload }> {
    const login = await this.logIn(changes);
    const { status, headers, body } = await login.redeem();
    if (status !== 200) throw new Error(`no tokens: ${JSON.stringify(body)}`);
    if (headers.get('cache-control') !== 'no-store') throw new Error('the answer may be cached');
    const { payload } = await this.verify(body['id_token'], { nonce: login.nonce });
    return { login, body, idToken: payload };
  }

  /** Validates an ID token as its client must. Source: OpenID Connect Core §3.1.3.7. */
  async verify(token: unknown, { nonce }: { readonly nonce: string | undefined }): Promise<JWTVerifyResult> {
    const keys = createRemoteJWKSet(new URL(`${this.service.url}/.well-known/jwks.json`));
    const verified = await jwtVerify(String(token), keys, {
      issuer: this.service.url,
      audience: this.client.clientId,
      algorithms: ['RS256'],
      requiredClaims: ['sub', 'iat', 'exp', 'auth_time'],
      currentDate: new Date(this.service.clock.now()),
    });
    if (verified.payload['nonce'] !== nonce) throw new Error('the nonce is not the one that was sent');
    return verified;
  }

  async refresh(refreshToken: unknown): Promise<Answer> {
    return this.post({ grant_type: 'refresh_token', refresh_token: String(refreshToken) });
  }

  /** Asks `/token` with the client's authentication, unless `changes` bring another. */
  private async post(fields: Fields, changes: Fields = {}): Promise<Answer> {
    const { clientId, secret, assertion } = this.client;
    if (changes['client_secret'] !== undefined) return postToken(this.service, { ...fields, ...changes });
    if (assertion === undefined) {
      return postToken(this.service, { ...fields, ...changes }, basic(clientId, secret ?? ''));
    }
    const shown = byAssertion(await assertion());
    return postToken(this.service, { ...fields, ...shown, ...changes });
  }

  /** Follows redirects and fills in pages until the browser is at the client. */
  private async follow(first: Response): Promise<Pick<Login, 'callback' | 'passwordsAsked'>> {
    let response = first;
    let passwordsAsked = 0;
    for (let step = 0; step < 10; step += 1) {
      if (response.status === 303) {
        const location = locationOf(response, this.service);
        if (location.origin !== this.service.url) return { callback: location.searchParams, passwordsAsked };
        response = await this.browser.fetch(location.pathname + location.search);
        continue;
      }
      const page = await response.text();
      if (response.status !== 200) throw new Error(`an error page: ${response.status} ${page}`);
      if (page.includes('name="password"')) {
        passwordsAsked += 1;
        response = await submitPassword(this.browser, page);
      } else {
        response = await this.browser.postForm('/consent', { ...hiddenFields(page), decision: 'allow' });
      }
    }
    throw new Error('the login does not end');
  }
}

const demoClient = { clientId: 'demo-client', secret: 'demo-secret', redirectUri: 'http://127.0.0.1/callback' };
