import { textOf } from '../../platform/fetched-body';
import { StepError, UnreachableError } from './step-error';

/** One request to the server that is probed. */
export interface HttpClientRequest {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: unknown;
}

export interface HttpClientAnswer {
  readonly url: URL;
  readonly status: number;
  /** Where a redirect leads. */
  readonly location: URL | undefined;
  readonly cookies: readonly string[];
  readonly text: string;
  /** The JSON of the body; undefined when it is none. */
  readonly json: unknown;
}

/** Speaks HTTP with one server alone, until the deadline of the whole probe. */
export class HttpClient {
  private hasAnswered = false;

  constructor(
    /** The issuer, an origin. */
    readonly issuer: string,
    private readonly deadline: AbortSignal,
  ) {}

  /**
   * An answer of any status; a redirect is one. Throws: {@link UnreachableError} when there is no connection, or no answer
   * to the first request in time; {@link StepError} for a URL elsewhere, which must see no credential, and for a later
   * request without an answer in time.
   */
  async send(target: string | URL, request: HttpClientRequest = {}): Promise<HttpClientAnswer> {
    const url = new URL(target, this.issuer);
    if (url.origin !== this.issuer) throw new StepError('the server names a URL that is not its own');
    const { form, json } = request;
    const { method = form === undefined && json === undefined ? 'GET' : 'POST' } = request;
    const body = json === undefined ? form && new URLSearchParams(form) : JSON.stringify(json);
    const headers = {
      'user-agent': 'tessera-probe',
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...request.headers,
    };
    const init = { method, headers, redirect: 'manual', signal: this.deadline, ...(body && { body }) } as const;
    return this.answer(url, init).catch((error: unknown) => {
      throw this.failureOf(error);
    });
  }

  private async answer(url: URL, init: RequestInit): Promise<HttpClientAnswer> {
    const response = await fetch(url, init);
    this.hasAnswered = true;
    const text = await textOf(response, this.deadline);
    const location = response.headers.get('location');
    return {
      url,
      status: response.status,
      location: location !== null && URL.canParse(location, url.href) ? new URL(location, url) : undefined,
      cookies: response.headers.getSetCookie(),
      text,
      json: jsonIn(text),
    };
  }

  /** What fetch says quotes no header and no body, but its cause alone has a code. */
  private failureOf(error: unknown): Error {
    if (!this.deadline.aborted) return new UnreachableError(`no connection (${codeOf(error)})`);
    const sentence = 'no answer before the deadline';
    return this.hasAnswered ? new StepError(sentence) : new UnreachableError(sentence);
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): string {
  const { cause } = Object(error) as { cause?: unknown };
  const { code } = Object(cause) as { code?: unknown };
  return typeof code === 'string' ? code : 'unknown';
}
