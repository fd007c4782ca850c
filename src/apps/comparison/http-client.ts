import { createDiscovery } from '@tessera/client';
import { UnexpectedAnswerError } from './answers';
import { runScope } from './run-clients';
import type { RunContext } from './run-context';
import type { Wire, WireAnswer, WireRequest } from './wire';

/** A client's request and its response. */
export interface Exchange {
  readonly request: WireRequest;
  readonly answer: WireAnswer;
}

/** `fetch` for a client library that composes its requests: over the wire of a run, which counts their bytes. */
export class HttpClient {
  private newest: Exchange | undefined;
  private failure: unknown;
  private withheld: ((request: WireRequest) => void) | undefined;

  constructor(private readonly wire: Pick<Wire, 'send'>) {}

  readonly fetch = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const request = requestOf(url, init);
    if (this.withheld !== undefined) {
      this.withheld(request);
      throw new Error('The request is withheld');
    }
    const answer = await this.send(request);
    this.newest = { request, answer };
    return responseOf(answer);
  };

  /** For requests outside the login, which are not recorded. */
  readonly look = async (url: string): Promise<Response> =>
    responseOf(await this.send({ method: 'GET', path: new URL(url).pathname }));

  private async send(request: WireRequest): Promise<WireAnswer> {
    return this.wire.send(request).catch((error: unknown) => {
      this.failure = error;
      throw error;
    });
  }

  /** The client's result. Throws: errors of the wire, {@link UnexpectedAnswerError}, or the client's own. */
  async expect<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (this.failure !== undefined) throw this.failure;
      if (this.newest !== undefined && this.newest.answer.status >= 400) {
        throw new UnexpectedAnswerError(what, this.newest.answer);
      }
      throw error;
    }
  }

  /** The request that the client would send, which is intercepted: the client sees an unreachable server. */
  async withhold(work: () => Promise<unknown>): Promise<WireRequest> {
    return new Promise((resolve, reject) => {
      this.withheld = resolve;
      work()
        .then(() => reject(new Error('The client sent nothing')), reject)
        .finally(() => {
          this.withheld = undefined;
        });
    });
  }

  /** The last exchange, returned once. */
  take(): Exchange {
    const { newest } = this;
    this.newest = undefined;
    if (newest === undefined) throw new Error('The client sent nothing');
    return newest;
  }
}

/** The connection of a victim's application, and the options of every @tessera/client. */
export function newHttpClient({ issuer, wire, now }: Pick<RunContext, 'issuer' | 'wire' | 'now'>) {
  const http = new HttpClient(wire);
  // An application reads the metadata once, not for each login.
  const discovery = createDiscovery({ issuer, fetch: http.look, now });
  return { http, options: { issuer, scope: runScope, discovery, fetch: http.fetch, now } };
}

function responseOf({ status, headers, text }: WireAnswer): Response {
  const given = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
  return new Response(text, { status, headers: given });
}

/** Both use POST, PKCE with a form and the wallet with JSON; the wire sets the type itself. */
function requestOf(url: string, { headers, body }: RequestInit): WireRequest {
  const { 'content-type': type, ...rest } = Object.fromEntries(new Headers(headers));
  const request = { method: 'POST', path: new URL(url).pathname, headers: rest } as const;
  return type === 'application/x-www-form-urlencoded'
    ? { ...request, form: Object.fromEntries(new URLSearchParams(String(body))) }
    : { ...request, json: JSON.parse(String(body)) as unknown };
}
