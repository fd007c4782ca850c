import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { hiddenFields } from '../../src/apps/browser/page-form';
import { newSecret } from '../../src/domain/credentials/secret';
import type { Answer, Connection } from './connection';
import { type LoginModel, Refused } from './login-model';
import { authorizationRequest, type OAuthClient, redemption, user0 } from './pkce';

interface Endpoints {
  readonly pushed_authorization_request_endpoint: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
}

/** A browser that has logged in, and the key of the client that runs in it. */
interface Browser {
  readonly endpoints: Endpoints;
  readonly jar: CookieJar;
  readonly privateKey: KeyObject;
  readonly jwk: object;
}

interface BoundCode {
  readonly browser: Browser;
  readonly code: string;
  readonly verifier: string;
}

const redirectsAtMost = 6;

/**
 * OAuth with PKCE in a browser that has logged in, by a pushed request and with tokens that are bound to a key: `POST` to the
 * endpoint of RFC 9126 and `POST /token`, each with a DPoP proof of RFC 9449, and between them `GET /authorize` with whatever
 * redirects the server has for it. Its endpoints are those of the server's metadata.
 */
export class PushedLogin implements LoginModel<Browser, BoundCode> {
  constructor(
    private readonly client: OAuthClient,
    private readonly scope: string,
  ) {}

  async arrive(connection: Connection): Promise<Browser> {
    const { body } = await connection.send('GET', '/.well-known/openid-configuration');
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = publicKey.export({ format: 'jwk' });
    const browser = { endpoints: JSON.parse(body) as Endpoints, jar: new CookieJar(), privateKey, jwk };
    await this.begin(connection, browser);
    return browser;
  }

  async begin(connection: Connection, browser: Browser): Promise<BoundCode> {
    const verifier = newSecret();
    const { client_id } = this.client;
    const request = authorizationRequest(this.client, this.scope, verifier);
    const pushed = await post(connection, browser, 'pushed_authorization_request_endpoint', request);
    if (pushed.status !== 201) throw new Refused('push', pushed);
    const { request_uri } = JSON.parse(pushed.body) as { readonly request_uri: string };
    const { pathname } = new URL(browser.endpoints.authorization_endpoint);
    const path = `${pathname}?${new URLSearchParams({ client_id, request_uri })}`;
    return { browser, code: await this.code(connection, browser.jar, path), verifier };
  }

  async redeem(connection: Connection, { browser, code, verifier }: BoundCode): Promise<Answer> {
    return post(connection, browser, 'token_endpoint', redemption(this.client, code, verifier));
  }

  forged({ browser, code }: BoundCode): BoundCode {
    return { browser, code, verifier: newSecret() };
  }

  /** Follows the server's own redirects, and fills in its form where it shows one. */
  private async code(connection: Connection, jar: CookieJar, start: string): Promise<string> {
    let path = start;
    for (let hop = 0; hop < redirectsAtMost; hop += 1) {
      let answer = await connection.send('GET', path, jar.header(path));
      jar.take(answer);
      if (answer.status === 200) {
        answer = await connection.postForm('/login', { ...hiddenFields(answer.body), ...user0 }, jar.header('/login'));
        jar.take(answer);
      }
      const location = answer.headers.get('location');
      if (location === undefined) throw new Refused('authorize', answer);
      const [, code] = /[?&]code=([^&]+)/.exec(location) ?? [];
      if (code !== undefined) return code;
      const { pathname, search } = new URL(location, 'http://localhost');
      path = pathname + search;
    }
    throw new Error('authorize: too many redirects');
  }
}

async function post(
  connection: Connection,
  { endpoints, privateKey, jwk }: Browser,
  endpoint: keyof Endpoints,
  fields: Record<string, string>,
): Promise<Answer> {
  const url = endpoints[endpoint];
  const dpop = proof(privateKey, jwk, url);
  return connection.postForm(new URL(url).pathname, fields, { dpop });
}

/** Source: RFC 9449 §4.2. */
function proof(key: KeyObject, jwk: object, htu: string): string {
  const claims = { jti: randomUUID(), htm: 'POST', htu, iat: Math.floor(Date.now() / 1000) };
  const parts = [{ typ: 'dpop+jwt', alg: 'ES256', jwk }, claims];
  const input = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

/** Cookies by their name and path: a server may send two of one name. Source: RFC 6265 §5.3, §5.4. */
class CookieJar {
  private readonly cookies = new Map<string, { readonly path: string; readonly pair: string }>();

  take({ cookies }: Answer): void {
    for (const line of cookies) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const path = attributes.find((each) => /^path=/i.test(each))?.slice('path='.length) ?? '/';
      const key = `${pair.slice(0, pair.indexOf('='))} ${path}`;
      const isGone = attributes.some((each) => /^(?:max-age=0|expires=Thu, 01 Jan 1970.*)$/i.test(each));
      if (isGone) this.cookies.delete(key);
      else this.cookies.set(key, { path, pair });
    }
  }

  header(target: string): Record<string, string> {
    const [pathname = ''] = target.split('?');
    const pairs = [...this.cookies.values()].filter(({ path }) => isUnder(path, pathname)).map(({ pair }) => pair);
    return pairs.length === 0 ? {} : { cookie: pairs.join('; ') };
  }
}

function isUnder(path: string, pathname: string): boolean {
  return pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
}
