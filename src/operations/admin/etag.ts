import type { FastifyReply, FastifyRequest } from 'fastify';
import { hashSecret } from '../../domain/credentials/secret';
import { type JsonObject, objectIn } from '../../platform/fields/fields';
import { AdminError } from './admin-error';

/** Characters of an ETag, of 6 bits each. */
const length = 22;

const etags = new WeakMap<object, string>();

/** The ETags of which a record must have one. */
export type IfMatch = readonly string[];

/**
 * The answer about a record, with an ETag. `content`: what operators see or change of the record, without marks of its use; it
 * must not be guessable by who knows the answer.
 */
export function tagged<Answer extends object>(answer: Answer, content: JsonObject): Answer {
  etags.set(answer, etagFor(content));
  return answer;
}

/** The ETag of a {@link tagged} answer. */
export function etagOf(answer: object): string | undefined {
  return etags.get(answer);
}

/** Sends the ETag of a {@link tagged} answer with it. Source: RFC 9110 §8.8.3. */
export function withEtag<Answer extends object>(reply: FastifyReply, answer: Answer): Answer {
  const etag = etagOf(answer);
  if (etag !== undefined) void reply.header('etag', etag);
  return answer;
}

/** The condition of a request; undefined for one that any record meets. Source: RFC 9110 §13.1.1. */
export function ifMatchIn({ headers }: FastifyRequest): IfMatch | undefined {
  const text = headers['if-match']?.trim();
  return text === '*' ? undefined : text?.split(',').map((each) => each.trim());
}

/** Throws: {@link AdminError} changed_meanwhile. */
export function assertMatch(ifMatch: IfMatch | undefined, content: JsonObject): void {
  if (ifMatch !== undefined && !ifMatch.includes(etagFor(content))) throw new AdminError('changed_meanwhile');
}

function etagFor(content: JsonObject): string {
  return `"${hashSecret(JSON.stringify(content, inOrder)).slice(0, length)}"`;
}

/** A record has its fields in another order once it was stored. */
function inOrder(_name: string, value: unknown): unknown {
  const fields = objectIn(value);
  if (fields === undefined) return value;
  return Object.fromEntries(Object.entries(fields).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
