/** Headers of Node.js or the Fetch standard; names in lower case. */
export type RequestHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * The request with an access token. A Fetch `Request` is one; for a Node.js request, `url` must be the received one, not a
 * router's rewritten one.
 */
export interface ResourceRequest {
  readonly method: string;
  /** The request target, a path or a URL; its query does not count. */
  readonly url: string;
  readonly headers: RequestHeaders;
}

/** The used part of a Node.js request. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Every occurrence of a header, which `headers` hides. */
  readonly headersDistinct?: Readonly<Record<string, string[] | undefined>>;
}

export function resourceRequestOf(
  { method = 'GET', headers, headersDistinct }: NodeRequest,
  url: string,
): ResourceRequest {
  return { method, url, headers: headersDistinct ?? headers };
}

export type Scheme = 'Bearer' | 'DPoP';

/** A shown access token. */
export interface ShownToken {
  readonly scheme: Scheme;
  /** Undefined when the scheme comes without a token. */
  readonly token: string | undefined;
}

/** Schemes are case-insensitive. Source: RFC 6750 §2.1; RFC 9449 §7.1; RFC 9110 §11.1. */
const credentials = /^(Bearer|DPoP)(?: +([\w~+/.-]+=*))?/i;

/** Characters; no known server issues a longer token, and Node.js limits all headers to 16 KiB. */
const longestToken = 16_384;

/**
 * The access token of a request, from its `Authorization` header only: OAuth 2.1 §5.1 allows no other place. Undefined without
 * one, `repeated` for several.
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

/** The values of a header, each as sent. */
export function headerValues(headers: RequestHeaders, name: string): readonly string[] {
  const value = typeof headers['get'] === 'function' ? headers['get'](name) : Object(headers)[name];
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.map(String) : [];
}
