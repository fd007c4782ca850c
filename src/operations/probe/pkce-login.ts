import { createHash, randomBytes } from 'node:crypto';
import { type DiscoveredServer, discover } from './discovery';
import { FormBrowser, formWith, hasFormWith } from './form-browser';
import type { HttpClient, HttpClientAnswer } from './http-client';
import type { Cleanups, TakeStep } from './login-steps';
import { errorIn, StepError, unexpected } from './step-error';
import { revoke, type RevokingClient, type Tokens, tokensIn, useToken, verifiedSubject } from './tokens';

/** Who logs in at which client. */
export interface PkceLogin {
  readonly clientId: string;
  /** Of a confidential client. */
  readonly clientSecret?: string;
  readonly redirectUri: string;
  readonly scope: string;
  readonly username: string;
  readonly password: string;
}

/** So many redirects lead from the login to the client at most. */
const mostRedirects = 5;

/** A whole login by authorization code with PKCE, and its end. Throws: StepError, UnreachableError. */
export async function logInWithPkce(
  http: HttpClient,
  login: PkceLogin,
  take: TakeStep,
  cleanups: Cleanups,
): Promise<void> {
  const server = await take('discovery', () => discover(http));
  const browser = new FormBrowser(http);
  const request = newRequest(login, server);

  const toLogin = await take('authorize', async () => redirectIn(await browser.open(request.url), request.callback));
  const form = await take('login_form', async () => formWith('password', page(await browser.open(toLogin))));
  const { username, password } = login;
  const onwards = await take('login', async () => {
    const answer = await browser.submit(form, { username, password });
    if (answer.status === 401) throw new StepError('the username or the password is refused', { status: 401 });
    return redirectIn(answer, request.callback);
  });
  let idToken: string | undefined;
  const logOut = async () => signOut(browser, server, login.clientId, idToken);
  cleanups.add(logOut);
  let arrived = await take('resume', async () => follow(browser, onwards, request.callback));
  if (!(arrived instanceof URL)) {
    const asked = formWith('decision', arrived);
    arrived = await take('consent', async () => {
      const answer = await browser.submit(asked, { decision: 'allow' });
      return follow(browser, redirectIn(answer, request.callback), request.callback);
    });
  }
  const callback = arrived;
  const code = await take('callback', async () => codeIn(callback, request, server));
  const tokens = await take('token', async () =>
    tokensIn(await redeem(http, server, login, code, request.codeVerifier)),
  );

  const client = clientAuthentication(login);
  cleanups.add(() => revoke(http, server, tokens, client));
  idToken = tokens.id_token;
  await finish(http, { server, tokens, client, login, oidcNonce: request.oidcNonce, take });
  await take('logout', logOut);
}

interface Finish {
  readonly server: DiscoveredServer;
  readonly tokens: Tokens;
  readonly client: RevokingClient;
  readonly login: PkceLogin;
  readonly oidcNonce: string;
  readonly take: TakeStep;
}

async function finish(http: HttpClient, { server, tokens, client, login, oidcNonce, take }: Finish): Promise<void> {
  const isOpenId = login.scope.split(' ').includes('openid');
  const expected = { clientId: login.clientId, ...(isOpenId && { oidcNonce }) };
  const sub = await take('check', () => verifiedSubject(server, tokens, expected));
  await take('resource', () => useToken(http, tokens, sub));
  await take('revoke', () => revoke(http, server, tokens, client));
}

interface AuthorizationRequest {
  readonly url: URL;
  readonly callback: URL;
  readonly state: string;
  readonly oidcNonce: string;
  readonly codeVerifier: string;
}

/** Source: RFC 6749 §4.1.1, RFC 7636 §4.3. */
function newRequest({ clientId, redirectUri, scope }: PkceLogin, server: DiscoveredServer): AuthorizationRequest {
  const [state, oidcNonce, codeVerifier] = [newSecret(), newSecret(), newSecret()];
  const url = new URL(server.authorizationEndpoint);
  const parameters = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    ...(scope !== '' && { scope }),
    state,
    nonce: oidcNonce,
    code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return { url, callback: new URL(redirectUri), state, oidcNonce, codeVerifier };
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Where the server sends the browser on; an error that it sends to the client is one of the step. */
function redirectIn(answer: HttpClientAnswer, callback: URL): URL {
  const { status, location } = answer;
  if (status !== 303 && status !== 302) throw unexpected(answer, 'a redirect');
  if (location === undefined) throw unexpected(answer, 'a redirect with its location');
  if (isAt(location, callback) && location.searchParams.has('error')) {
    throw new StepError('the server refused the authorization', { status, ...errorIn(location.searchParams) });
  }
  return location;
}

/** Follows redirects up to the client's URI, or to a page, which asks for consent. */
async function follow(browser: FormBrowser, to: URL, callback: URL): Promise<URL | HttpClientAnswer> {
  let location = to;
  for (let redirects = 0; redirects < mostRedirects; redirects += 1) {
    if (isAt(location, callback)) return location;
    const answer = await browser.open(location);
    if (hasFormWith('decision', answer)) return answer;
    location = redirectIn(answer, callback);
  }
  throw new StepError('too many redirects');
}

function isAt(location: URL, callback: URL): boolean {
  return location.href.split('?', 1)[0] === callback.href.split('?', 1)[0];
}

/** Source: RFC 6749 §4.1.2, §10.12, RFC 9207 §2.4. */
function codeIn(
  arrived: URL | HttpClientAnswer,
  { state }: AuthorizationRequest,
  { issuer }: DiscoveredServer,
): string {
  if (!(arrived instanceof URL)) throw new StepError('the server asks for consent again');
  const query = arrived.searchParams;
  if (query.get('state') !== state) throw new StepError('the state is another one than was sent');
  if (query.get('iss') !== issuer) throw new StepError('iss does not name the issuer');
  const code = query.get('code') ?? '';
  if (code === '') throw new StepError('there is no code');
  return code;
}

async function redeem(
  http: HttpClient,
  { tokenEndpoint }: DiscoveredServer,
  login: PkceLogin,
  code: string,
  codeVerifier: string,
): Promise<HttpClientAnswer> {
  const { headers, form } = clientAuthentication(login);
  const grant = {
    grant_type: 'authorization_code',
    redirect_uri: login.redirectUri,
    code,
    code_verifier: codeVerifier,
  };
  return http.send(tokenEndpoint, { headers, form: { ...form, ...grant } });
}

/** Source: RFC 6749 §2.3.1. */
function clientAuthentication({ clientId, clientSecret }: PkceLogin): RevokingClient {
  if (clientSecret === undefined) return { headers: {}, form: { client_id: clientId } };
  const credentials = [clientId, clientSecret].map(encodeURIComponent).join(':');
  return { headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }, form: {} };
}

/** By a form and not by a link: an ID token in a URL would be in the log of every proxy. Source: OpenID Connect RP-Initiated Logout §2. */
async function signOut(
  browser: FormBrowser,
  { endSessionEndpoint }: DiscoveredServer,
  clientId: string,
  idToken: string | undefined,
): Promise<void> {
  const form = idToken === undefined ? { client_id: clientId } : { id_token_hint: idToken };
  const answer = await browser.send(endSessionEndpoint, { form });
  const isAsked = hasFormWith('csrf', answer);
  const after = isAsked ? await browser.submit(formWith('csrf', answer), {}) : answer;
  if (after.status >= 400 || hasFormWith('csrf', after)) throw unexpected(after, 'the end of the session');
}

/** Throws: {@link StepError} for anything but a page. */
function page(answer: HttpClientAnswer): HttpClientAnswer {
  if (answer.status !== 200) throw unexpected(answer, 'a page');
  return answer;
}
