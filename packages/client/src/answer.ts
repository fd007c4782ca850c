import { type Advice, type ErrorCode, TesseraError } from './errors.ts';

/** The platform's `fetch`, or a replacement that adds to requests or answers them in a test. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** Looked up at each call: a test or a monitoring tool may replace it. */
export const platformFetch: Fetch = (url, init) => globalThis.fetch(url, init);

/** The members of a JSON object, not yet validated. */
export type Members = Readonly<Record<string, unknown>>;

/**
 * Sends a request, and throws `service_unreachable` when there is no complete response. Without a cause, which may quote the
 * request. When the caller's own `signal` aborts, the platform's error is thrown.
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

/** Some React Native versions lack it: the request then waits as long as the platform lets it. */
export const deadline = (ms: number) =>
  ({ signal: (AbortSignal as Partial<typeof AbortSignal>).timeout?.(ms) }) as { readonly signal?: AbortSignal };

/** The JSON object of a successful response; throws the service's error for any other. */
export async function read(response: Response, advice: Advice = {}): Promise<Members> {
  const body = membersOf(await ask(() => response.text()));
  if (!response.ok) throw errorOf(response, body ?? {}, advice);
  if (!body) {
    throw new TesseraError('answer_invalid', undefined, { status: response.status });
  }
  return body;
}

/** The error of an error response. Source: docs/errors.md. */
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

/** Only what looks like a code or reason: a hostile server may return what it was sent. */
export const nameIn = (value: unknown): string | undefined => /^[a-z_]{1,60}$/.exec(String(value ?? ''))?.[0];

/** A server's text without anything that may be a credential. */
export const harmless = (said: string): string =>
  said.replace(/[\w.~+/=-]{20,}/g, (word) => (/[A-Z\d]/.test(word) ? '…' : word));

/** The members of a JSON object; undefined for any other text. */
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
