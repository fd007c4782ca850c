import { UnexpectedAnswerError } from './answers';
import type { Wire, WireAnswer, WireRequest } from './wire';

/** What a client sent, and what came back. */
export interface Exchange {
  readonly request: WireRequest;
  readonly answer: WireAnswer;
}

/** `fetch` for a dApp whose client composes the requests: over the wire of a run, which counts their bytes. */
export class ClientLine {
  private newest: Exchange | undefined;
  private failure: unknown;

  constructor(private readonly wire: Pick<Wire, 'send'>) {}

  readonly fetch = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const request = requestOf(url, init);
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

  /** The last exchange, which is not handed out twice. */
  take(): Exchange {
    const { newest } = this;
    this.newest = undefined;
    if (newest === undefined) throw new Error('The client sent nothing');
    return newest;
  }
}

function responseOf({ status, headers, text }: WireAnswer): Response {
  const given = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
  return new Response(text, { status, headers: given });
}

/** A wallet's login posts JSON alone; the wire sets its type itself. */
function requestOf(url: string, { headers, body }: RequestInit): WireRequest {
  const { 'content-type': _type, ...rest } = Object.fromEntries(new Headers(headers));
  return { method: 'POST', path: new URL(url).pathname, headers: rest, json: JSON.parse(String(body)) as unknown };
}
