import { type Advice, type ErrorCode, TesseraError } from './errors.ts';

/** As `fetch` of the platform; whoever hands one in may add to requests, or answer them in a test. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** Looked up at each call: a test, or whoever watches a page, may replace it. */
export const platformFetch: Fetch = (url, init) => globalThis.fetch(url, init);

/** The members of a JSON object, as yet unchecked. */
export type Members = Readonly<Record<string, unknown>>;

/**
 * Asks, and throws `service_unreachable` where nothing answers, or it breaks off. The cause is left out: it may quote the
 * request. Whoever gave up by a `signal` of their own gets what the platform throws.
 */
export async function ask<Answer>(
  fetch: (url: string, init?: RequestInit) => Promise<Answer>,
  url = '',
  init?: RequestInit,
  signal?: AbortSignal | null,
): Promise<Answer> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new TesseraError('service_unreachable');
  }
}

/** Not every React Native has it: the request waits as long as the platform lets it then. */
export const deadline = (ms: number) =>
  ({ signal: (AbortSignal as Partial<typeof AbortSignal>).timeout?.(ms) }) as { readonly signal?: AbortSignal };

/** The JSON object of a successful answer; throws the service's error for any other. */
export async function read(response: Response, advice: Advice = {}): Promise<Members> {
  const body = membersOf(await ask(() => response.text()));
  if (!response.ok) throw errorOf(response, body ?? {}, advice);
  if (body === undefined) {
    throw new TesseraError('answer_invalid', undefined, { status: response.status });
  }
  return body;
}

/** The error that the service answered with. Source: docs/errors.md. */
export function errorOf({ status, headers }: Response, body: Members, advice: Advice = {}): TesseraError {
  const { error_description: description } = body;
  const error = nameIn(body['error']);
  const reason = nameIn(body['reason']);
  const code =
    error ??
    (status === 429 || status === 503 ? 'temporarily_unavailable' : status < 500 ? 'answer_invalid' : 'server_error');
  return new TesseraError(code as ErrorCode, typeof description === 'string' ? harmless(description) : undefined, {
    reason,
    status,
    retryAfter: Number(headers.get('retry-after')) || undefined,
    advice: advice[reason ?? code],
  });
}

/** What looks like a code or a reason; a hostile server writes there what it was sent. */
export const nameIn = (value: unknown): string | undefined => /^[a-z_]{1,60}$/.exec(String(value ?? ''))?.[0];

/** What a server says, without what may be a credential in it. */
export const harmless = (said: string): string =>
  said.replace(/[\w.~+/=-]{20,}/g, (word) => (/[A-Z\d]/.test(word) ? '…' : word));

/** The members of a JSON object; undefined for what is none. */
export function membersOf(json: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isMembers(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
