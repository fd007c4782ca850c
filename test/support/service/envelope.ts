import { expect } from '@jest/globals';
import type { Answer } from '../clients/wallet';
import type { RawAnswer } from './raw-http';

/** The characters of an `error_description`. Source: RFC 6749 §5.2, RFC 7591 §3.2.2. */
export const allowedSentence = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/;

/** Fails unless the answer is a success, a redirect or an error response in the envelope of docs/http-api.md; never one of ours, 5xx. */
export function expectEnvelope({ status, headers, text }: RawAnswer): void {
  if (status >= 200 && status < 400) return;
  const type = String(headers['content-type']);
  if (type.startsWith('text/html')) {
    expect(text).toContain('<h1>');
    expect(status).toBeLessThan(500);
    return;
  }
  expect({ status, type, text }).toEqual({
    status: expect.any(Number),
    type: 'application/json; charset=utf-8',
    text: expect.stringMatching(/^\{"error":"[a-z_]+","error_description":"[^"]+"(?:,"reason":"[a-z_]+")?\}$/),
  });
  expect((JSON.parse(text) as { error_description: string }).error_description).toMatch(allowedSentence);
  expect(status).toBeLessThan(500);
}

/** Fails unless the answer says that a store or a node is away, and in how many seconds to come back. */
export function expectUnavailable({ status, headers, body }: Answer): void {
  expect({ status, body }).toEqual({
    status: 503,
    body: { error: 'temporarily_unavailable', error_description: expect.any(String) },
  });
  expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  expect(headers.get('cache-control')).toBe('no-store');
}

/** The status and the fields of an error response. */
export async function errorOf(response: Response) {
  const body = (await response.json()) as { error: string; error_description: string; reason?: string };
  return { status: response.status, ...body };
}
