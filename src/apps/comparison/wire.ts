import { setMaxListeners } from 'node:events';
import { type IncomingHttpHeaders, request as openRequest } from 'node:http';
import type { Config } from '../../platform/config';

/** A request as a client outside of this server would send it. */
export interface WireRequest {
  readonly method: 'GET' | 'POST';
  /** With its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: unknown;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The JSON of the body; undefined when it is not JSON. */
  readonly json: unknown;
  /** Bytes on the connection, measured on its socket. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly elapsedMs: number;
}

/** Milliseconds for one exchange. */
const patience = 10_000;

/** The URL that this server listens on: the issuer may be the name of a proxy elsewhere. */
export function ownUrl({ host, port }: Pick<Config, 'host' | 'port'>): string {
  const everywhere = new Map([
    ['0.0.0.0', '127.0.0.1'],
    ['::', '::1'],
  ]);
  const reachable = everywhere.get(host) ?? host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

/** Speaks HTTP with this server, each request on a connection of its own, so that its bytes can be counted. */
export class Wire {
  private readonly baseUrl: string;
  private readonly host: string;

  constructor(
    config: Pick<Config, 'host' | 'port' | 'issuer'>,
    private readonly signal: AbortSignal,
  ) {
    this.baseUrl = ownUrl(config);
    // The server's own name: in development it refuses any other.
    this.host = new URL(config.issuer).host;
    // Every exchange of a race listens at once.
    setMaxListeners(0, signal);
  }

  /** Rejects without a response in time, or when the run is stopped. Redirects are returned. */
  async send({ method, path, headers = {}, form, json }: WireRequest): Promise<WireAnswer> {
    const body =
      form === undefined ? (json === undefined ? '' : JSON.stringify(json)) : new URLSearchParams(form).toString();
    const type = form === undefined ? 'application/json' : 'application/x-www-form-urlencoded';
    const all = {
      host: this.host,
      accept: 'application/json',
      ...(method === 'POST' && { 'content-type': type, 'content-length': String(Buffer.byteLength(body)) }),
      ...headers,
    };
    const begun = performance.now();
    return new Promise((resolve, reject) => {
      const sending = openRequest(new URL(path, this.baseUrl), {
        method,
        headers: all,
        agent: false,
        signal: this.signal,
      });
      sending.setTimeout(patience, () => sending.destroy(new Error('No answer in time')));
      sending.on('error', reject);
      sending.on('response', (response) => {
        const chunks: Buffer[] = [];
        // Read now: the response releases its socket when it ends.
        const { socket } = response;
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            json: jsonOf(text),
            bytesSent: socket.bytesWritten,
            bytesReceived: socket.bytesRead,
            elapsedMs: performance.now() - begun,
          });
        });
      });
      sending.end(body);
    });
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
