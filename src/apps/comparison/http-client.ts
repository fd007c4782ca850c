import { createDiscovery } from '@tessera/client';
import { UnexpectedAnswerError } from './answers';
import { runScope } from './run-clients';
import type { RunContext } from './run-context';
import type { Wire, WireAnswer, WireRequest } from './wire';

/** What a client sent, and what came back. */
export interface Exchange {
  readonly request: WireRequest;
  readonly answer: WireAnswer;
}

/** `fetch` for an application whose client composes the requests: over the wire of a run, which counts their bytes. */
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

  /** The same for what is no part of a login, and not recorded with it. */
  readonly look = async (url: string): Promise<Response> =>
    responseOf(await this.send({ method: 'GET', path: new URL(url).pathname }));

  private async send(request: WireRequest): Promise<WireAnswer> {
    return this.wire.send(request).catch((error: unknown) => {
      this.failure = error;
      throw error;
    });
  }

  /** What the client made of its request. Throws: what the wire threw, {@link UnexpectedAnswerError}, or the client's own. */
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

  /** The request that the client would send, which nobody gets: to its client, the server is away. */
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

  /** The last exchange, which is not handed out twice. */
  take(): Exchange {
    const { newest } = this;
    this.newest = undefined;
    if (newest === undefined) throw new Error('The client sent nothing');
    return newest;
  }
}

/** A line for an application of the victim's, and what @tessera/client is told of every one. */
export function newHttpClient({ issuer, wire, now }: Pick<RunContext, 'issuer' | 'wire' | 'now'>) {
  const line = new HttpClient(wire);
  // An application asks for metadata once, and not for each login.
  const discovery = createDiscovery({ issuer, fetch: line.look, now });
  return { line, options: { issuer, scope: runScope, discovery, fetch: line.fetch, now } };
}

function responseOf({ status, headers, text }: WireAnswer): Response {
  const given = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
  return new Response(text, { status, headers: given });
}

/** Both post, PKCE a form and a wallet's login JSON; the wire sets the type itself. */
function requestOf(url: string, { headers, body }: RequestInit): WireRequest {
  const { 'content-type': type, ...rest } = Object.fromEntries(new Headers(headers));
  const request = { method: 'POST', path: new URL(url).pathname, headers: rest } as const;
  return type === 'application/x-www-form-urlencoded'
    ? { ...request, form: Object.fromEntries(new URLSearchParams(String(body))) }
    : { ...request, json: JSON.parse(String(body)) as unknown };
}
