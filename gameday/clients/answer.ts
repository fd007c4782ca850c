import * as z from 'zod';

const answeredWithinMs = 6_000;

/** What a request was answered. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Headers;
}

/** An answer that is not the one that a login needs. */
export class Refused extends Error {
  constructor(
    readonly step: string,
    readonly answer: Answer,
  ) {
    super(`${step}: ${answer.status} ${String(answer.body['reason'] ?? answer.body['error'] ?? '')}`);
  }
}

/** A request of a caller at this address, redirects not followed. Rejects when nothing answers in time. */
export async function ask(
  url: string,
  address: string,
  init: RequestInit = {},
  withinMs = answeredWithinMs,
): Promise<Answer & { text: string }> {
  const headers = { 'x-forwarded-for': address, ...Object.fromEntries(new Headers(init.headers)) };
  const response = await fetch(url, {
    ...init,
    headers,
    redirect: 'manual',
    signal: AbortSignal.timeout(withinMs),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: parsed(text), text };
}

export function askJson(url: string, address: string, body: object): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  return ask(url, address, { method: 'POST', headers, body: JSON.stringify(body) });
}

const object = z.record(z.string(), z.unknown());

function parsed(text: string): Answer['body'] {
  try {
    return object.parse(JSON.parse(text));
  } catch {
    return {};
  }
}

/** One of 120,000 addresses of a test network: a visitor comes from somewhere else each time. Source: RFC 2544, 198.18.0.0/15. */
export function anyAddress(): string {
  return `198.${18 + below(2)}.${1 + below(250)}.${1 + below(250)}`;
}

function below(most: number): number {
  return Math.floor(Math.random() * most);
}
