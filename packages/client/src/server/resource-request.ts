/** Headers as Node.js or the Fetch standard has them; names in lower case. */
export type RequestHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * The request that an access token comes with. A `Request` of the Fetch standard is one; of a request of Node.js, `url` has
 * to be the one that came in, not what a router made of it.
 */
export interface ResourceRequest {
  readonly method: string;
  /** The request target, a path or a whole URL; its query does not count. */
  readonly url: string;
  readonly headers: RequestHeaders;
}

/** The part of a request of Node.js that tells what was sent. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Each header as often as it came, which `headers` hides. */
  readonly headersDistinct?: Readonly<Record<string, string[] | undefined>>;
}

export function resourceRequestOf(
  { method = 'GET', headers, headersDistinct }: NodeRequest,
  url: string,
): ResourceRequest {
  return { method, url, headers: headersDistinct ?? headers };
}

export type Scheme = 'Bearer' | 'DPoP';

/** How an access token was shown. */
export interface ShownToken {
  readonly scheme: Scheme;
  /** Undefined where what came with the scheme is no token. */
  readonly token: string | undefined;
}

/** Schemes are case-insensitive. Source: RFC 6750 §2.1; RFC 9449 §7.1; RFC 9110 §11.1. */
const credentials = /^(Bearer|DPoP)(?: +([\w~+/.-]+=*))?/i;

/** Characters; no server that we know issues a longer token, and Node.js takes 16 KiB of headers in all. */
const longestToken = 16_384;

/**
 * The access token of a request, from its header `Authorization` alone: OAuth 2.1 §5.1 has no other place. Undefined where
 * none is shown, `repeated` where several are.
 */
export function shownToken(request: ResourceRequest): ShownToken | 'repeated' | undefined {
  const values = headerValues(request.headers, 'authorization');
  if (values.length > 1) return 'repeated';
  const [value = ''] = values;
  const [all, scheme = '', token] = credentials.exec(value) ?? [];
  if (all === undefined || /^\w/.test(value.slice(scheme.length))) return undefined;
  const isToken = all === value && value.length <= longestToken;
  return { scheme: /^dpop$/i.test(scheme) ? 'DPoP' : 'Bearer', token: isToken ? token : undefined };
}

/** The values of a header, each as it was sent. */
export function headerValues(headers: RequestHeaders, name: string): readonly string[] {
  const value = typeof headers['get'] === 'function' ? headers['get'](name) : Object(headers)[name];
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.map(String) : [];
}
