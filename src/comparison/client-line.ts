import type { Wire, WireAnswer, WireRequest } from './wire';

/** What a client sent, and what came back. */
export interface Exchange {
  readonly request: WireRequest;
  readonly answer: WireAnswer;
}

/** `fetch` for a client that composes its requests itself: over the wire of a run, which counts their bytes. */
export class ClientLine {
  private newest: Exchange | undefined;

  constructor(private readonly wire: Pick<Wire, 'send'>) {}

  readonly fetch = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const request = requestOf(url, init);
    const answer = await this.wire.send(request);
    this.newest = { request, answer };
    const headers = Object.entries(answer.headers).map(([name, value]): [string, string] => [name, String(value)]);
    return new Response(answer.text, { status: answer.status, headers });
  };

  /** The last exchange, which is not handed out twice. */
  take(): Exchange {
    const { newest } = this;
    this.newest = undefined;
    if (newest === undefined) throw new Error('The client sent nothing');
    return newest;
  }
}

/** The wire sets the type of a body itself. */
function requestOf(url: string, { method, headers, body }: RequestInit): WireRequest {
  const { pathname, search } = new URL(url);
  const { 'content-type': type = '', ...rest } = Object.fromEntries(new Headers(headers));
  const given = { path: pathname + search, headers: rest };
  if (method !== 'POST') return { ...given, method: 'GET' };
  const text = String(body);
  return type.startsWith('application/json')
    ? { ...given, method, json: JSON.parse(text) as unknown }
    : { ...given, method, form: Object.fromEntries(new URLSearchParams(text)) };
}
