import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps, type RequestOptions } from 'node:https';
import { isIPv6 } from 'node:net';
import { isLoopbackHost } from '../settings';
import { OutboundError } from './outbound-failure';
import { isOfThisMachine, isPublicIp } from './public-ip';
import { type ResolveName, resolveName } from './resolver';

/** Who named a URL: an administrator, or anybody. Fetches for one never wait for those of the other. */
export type NamedBy = 'us' | 'untrusted';

export interface OutboundRequest {
  readonly url: string;
  readonly namedBy: NamedBy;
  /** A form to POST; without it the URL is read by GET. */
  readonly form?: URLSearchParams;
  /** Accepted media types of the response; any by default. */
  readonly accept?: readonly string[] | undefined;
  /** Most bytes of a response; 0: only the status matters. */
  readonly atMost: number;
  /** Milliseconds, from resolving the name to the last byte. */
  readonly within: number;
}

export interface OutboundAnswer {
  readonly text: string;
  readonly cacheControl: string | undefined;
}

export interface OutboundSettings {
  /** False: http on loopback is allowed, too. */
  readonly production: boolean;
  readonly resolve?: ResolveName;
  readonly isAllowedIp?: (ip: string) => boolean;
}

/** Most reads at once for either of them, and from one host. */
const readsAtMost = 32;
const requestsPerHost = 4;
/** Most forms posted at once for either of them; apart from reads, which anybody may cause without a login. */
export const formsAtMost = 128;

/**
 * The one way in which this server fetches untrusted URLs: the host is resolved once, all of its IP addresses are checked, and
 * the connection goes to one of these, whatever the name resolves to by then (DNS rebinding). No redirect is followed, no proxy
 * used, no connection reused, nothing sent but the request. Source: docs/http-api.md, section Client ID metadata documents.
 */
export class Outbound {
  /** By kind and namer, and by host. */
  private readonly underWay = new Map<string, number>();
  private readonly production: boolean;
  private readonly resolve: ResolveName;
  private readonly isAllowedIp: (ip: string) => boolean;

  constructor({ production, resolve = resolveName, isAllowedIp = isPublicIp }: OutboundSettings) {
    this.production = production;
    this.resolve = resolve;
    this.isAllowedIp = isAllowedIp;
  }

  /** True for a URL that may be requested, as far as the URL itself shows. */
  accepts(url: string): boolean {
    return this.targetOf(url) !== undefined;
  }

  /** The response with status 200, or to a form with any success. Throws: {@link OutboundError}. */
  async fetch(request: OutboundRequest): Promise<OutboundAnswer> {
    const url = this.targetOf(request.url);
    if (url === undefined) throw new OutboundError('url_refused');
    const [kind, atMost] = request.form === undefined ? ['read', readsAtMost] : ['form', formsAtMost];
    const ofNamer = `${kind} ${request.namedBy}`;
    const ofHost = `${ofNamer} ${url.host}`;
    if (this.count(ofNamer) >= atMost || this.count(ofHost) >= requestsPerHost) throw new OutboundError('busy');
    this.add(ofNamer, 1);
    this.add(ofHost, 1);
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), request.within);
    try {
      const ips = await this.checkedIps(url, deadline.signal);
      return await beforeAbort(exchange(url, ips, request, deadline.signal), deadline.signal);
    } catch (error) {
      if (deadline.signal.aborted) throw new OutboundError('timeout');
      throw error instanceof OutboundError ? error : new OutboundError('unreachable', { cause: error });
    } finally {
      clearTimeout(timer);
      this.add(ofNamer, -1);
      this.add(ofHost, -1);
    }
  }

  private count(of: string): number {
    return this.underWay.get(of) ?? 0;
  }

  private add(of: string, more: number): void {
    const count = this.count(of) + more;
    if (count > 0) this.underWay.set(of, count);
    else this.underWay.delete(of);
  }

  private targetOf(text: string): URL | undefined {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || url.username !== '' || url.password !== '') return undefined;
    if (url.protocol === 'https:') return url;
    return url.protocol === 'http:' && this.isHere(url) ? url : undefined;
  }

  /** http is only for this machine, in development. */
  private isHere({ hostname }: URL): boolean {
    return !this.production && isLoopbackHost(hostname);
  }

  /** All of them, or none: a name with one internal address is not trusted with the others. */
  private async checkedIps(url: URL, signal: AbortSignal): Promise<readonly string[]> {
    const ips = await beforeAbort(this.resolve(url.hostname, signal), signal);
    if (ips.length === 0) throw new OutboundError('name_unresolved');
    const isAllowed = url.protocol === 'https:' ? this.isAllowedIp : isOfThisMachine;
    if (!ips.every((ip) => isAllowed(ip))) throw new OutboundError('ip_refused');
    return ips;
  }
}

async function beforeAbort<Value>(value: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new OutboundError('timeout')), { once: true });
    value.then(resolve, reject);
  });
}

async function exchange(
  url: URL,
  ips: readonly string[],
  { form, accept, atMost }: OutboundRequest,
  signal: AbortSignal,
): Promise<OutboundAnswer> {
  const body = form?.toString();
  const options: RequestOptions = {
    method: body === undefined ? 'GET' : 'POST',
    // No reused connection: it may lead to what the name meant earlier.
    agent: false,
    lookup: (_hostname, { all }, callback) => {
      const found = ips.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
      if (all === true) callback(null, found);
      else callback(null, found[0]?.address ?? '', found[0]?.family);
    },
    signal,
    maxHeaderSize: 16_384,
    headers: {
      'user-agent': 'Tessera',
      'accept-encoding': 'identity',
      ...(accept !== undefined && { accept: accept.join(', ') }),
      ...(body !== undefined && {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': Buffer.byteLength(body),
      }),
    },
  };
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(error);
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, options, (response) => {
      read(response, { isForm: body !== undefined, accept, atMost })
        .then(resolve, fail)
        .finally(() => request.destroy());
    });
    // Also for errors after the response: an unhandled one would end the process.
    request.on('error', fail);
    // Also without a response: after a 101 there is neither a response nor an error.
    request.on('close', () => fail(new OutboundError('incomplete')));
    request.end(body);
  });
}

async function read(
  response: IncomingMessage,
  { isForm, accept, atMost }: { readonly isForm: boolean } & Pick<OutboundRequest, 'accept' | 'atMost'>,
): Promise<OutboundAnswer> {
  const { statusCode = 0, headers } = response;
  if (statusCode >= 300 && statusCode < 400) throw new OutboundError('redirected');
  if (isForm ? statusCode < 200 || statusCode > 299 : statusCode !== 200) throw new OutboundError('status');
  const answer = { text: '', cacheControl: headers['cache-control'] };
  if (atMost === 0) return answer;
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  if (accept !== undefined && !accept.includes(type.trim().toLowerCase())) throw new OutboundError('content_type');
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') throw new OutboundError('encoded');
  if (Number(headers['content-length'] ?? 0) > atMost) throw new OutboundError('too_large');
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > atMost) throw new OutboundError('too_large');
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof OutboundError ? error : new OutboundError('incomplete', { cause: error });
  }
  return { ...answer, text: Buffer.concat(chunks).toString() };
}
