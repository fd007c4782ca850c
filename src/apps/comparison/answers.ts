import * as z from 'zod';
import type { WireAnswer } from './wire';

const tokens = z.object({ access_token: z.string() });
const challenge = z.object({ nonce: z.string(), message: z.string() });
const nonce = z.object({
  nonce: z.string(),
  domain: z.string(),
  uri: z.string(),
  issuedAt: z.string(),
});
const errorBody = z.object({ error: z.string(), reason: z.string().optional() });

/** A response that the run builds on was not the expected one: the run cannot go on. Quotes nothing that was sent. */
export class UnexpectedAnswerError extends Error {
  constructor(what: string, { status, json }: WireAnswer) {
    const { error, reason } = errorBody.safeParse(json).data ?? {};
    super(`${what} was answered with ${[status, error, reason].filter((each) => each !== undefined).join(' ')}`);
  }
}

/** The access token of a token response; undefined in any other response. */
export function accessTokenOf({ status, json }: WireAnswer): string | undefined {
  return status === 200 ? tokens.safeParse(json).data?.access_token : undefined;
}

/** Throws: {@link UnexpectedAnswerError} when it is no token response. */
export function expectAccessToken(what: string, answer: WireAnswer): string {
  const token = accessTokenOf(answer);
  if (token === undefined) throw new UnexpectedAnswerError(what, answer);
  return token;
}

/** The nonce and the message of a challenge. Throws: {@link UnexpectedAnswerError}. */
export function expectChallenge(what: string, answer: WireAnswer): { nonce: string; message: string } {
  const issued = answer.status === 201 ? challenge.safeParse(answer.json).data : undefined;
  if (issued === undefined) throw new UnexpectedAnswerError(what, answer);
  return issued;
}

/** The nonce for a message that the wallet writes. Throws: {@link UnexpectedAnswerError}. */
export function expectNonce(what: string, answer: WireAnswer): z.infer<typeof nonce> {
  const issued = answer.status === 201 ? nonce.safeParse(answer.json).data : undefined;
  if (issued === undefined) throw new UnexpectedAnswerError(what, answer);
  return issued;
}

/** The target of a redirect. Throws: {@link UnexpectedAnswerError} for any other response. */
export function expectRedirect(what: string, answer: WireAnswer): string {
  const { location } = answer.headers;
  if (answer.status !== 303 || location === undefined) throw new UnexpectedAnswerError(what, answer);
  return location;
}

/** The code of a redirect to the client; undefined without one. */
export function codeOf({ headers: { location = '' } }: WireAnswer): string | undefined {
  return new URLSearchParams(location.slice(location.indexOf('?') + 1)).get('code') ?? undefined;
}

/** The nonce of a challenge; undefined in any other response. */
export function nonceOf({ status, json }: WireAnswer): string | undefined {
  return status === 201 ? z.object({ nonce: z.string() }).safeParse(json).data?.nonce : undefined;
}

/** The challenge for a passkey; undefined in any other response. */
export function challengeOf({ status, json }: WireAnswer): string | undefined {
  return status === 201 ? z.object({ challenge: z.string() }).safeParse(json).data?.challenge : undefined;
}

/** Throws: {@link UnexpectedAnswerError}. */
export function expectCode(what: string, answer: WireAnswer): string {
  const code = answer.status === 303 ? codeOf(answer) : undefined;
  if (code === undefined) throw new UnexpectedAnswerError(what, answer);
  return code;
}

/** The error and the reason of an error response, both null in any other response. */
export function errorOf({ json }: WireAnswer): { error: string | null; reason: string | null } {
  const { error = null, reason = null } = errorBody.safeParse(json).data ?? {};
  return { error, reason };
}
