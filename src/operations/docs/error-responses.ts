import * as z from 'zod';
import { httpRefusals, type Refusal } from '../../platform/http/description';
import type { ExampleObject, HeaderObject, Responses, SchemaObject } from '../../platform/http/openapi';
import { errorBody, ProtocolError } from '../../platform/http/protocol-error';

/** Errors that any request may get. */
const everywhere = httpRefusals('malformed', 'misdirected', 'url_too_long', 'headers_too_large', 'internal');

const retryAfter: HeaderObject = { description: 'Seconds.', schema: { type: 'string' } };
const headersOf: Readonly<Record<number, Readonly<Record<string, HeaderObject>>>> = {
  401: {
    'WWW-Authenticate': { description: 'The scheme that is asked for (RFC 6750 §3).', schema: { type: 'string' } },
  },
  429: { 'Retry-After': retryAfter },
  503: { 'Retry-After': retryAfter },
};

/** Documents the errors of an endpoint: one response per status, one example per reason, as the error writer writes it. */
export function errorResponses(refusals: readonly Refusal[]): Responses {
  const named = [...everywhere, ...refusals].map((each) => [`${each.status} ${each.name}`, each] as const);
  const all = [...new Map(named).values()];
  const statuses = [...new Set(all.map(({ status }) => status))];
  return Object.fromEntries(
    statuses.map((status) => {
      const ofStatus = all.filter((each) => each.status === status);
      const headers = headersOf[status];
      const response = {
        description: ofStatus.map(({ name, description }) => `\`${name}\`: ${description}`).join('  \n'),
        ...(headers !== undefined && { headers }),
        content: { 'application/json': { schema: schemaOf(ofStatus), examples: examplesOf(ofStatus) } },
      };
      return [status, response];
    }),
  );
}

function schemaOf(ofStatus: readonly Refusal[]): SchemaObject {
  const reasons = [...new Set(ofStatus.flatMap(({ reason }) => reason ?? []))];
  return {
    allOf: [{ $ref: '#/components/schemas/Error' }],
    properties: {
      error: { enum: [...new Set(ofStatus.map(({ error }) => error))] },
      ...(reasons.length > 0 && { reason: { enum: reasons } }),
    },
  };
}

function examplesOf(ofStatus: readonly Refusal[]): Record<string, ExampleObject> {
  return Object.fromEntries(
    ofStatus.map((refusal) => {
      const value = errorBody(new ProtocolError(refusal, refusal.reason));
      return [refusal.name, { summary: refusal.name, value }];
    }),
  );
}

/** The error envelope, as a component of the document. */
export const errorEnvelope = z.strictObject({
  error: z.string().describe('A code of RFC 6749 §5.2 or of one of its extensions.'),
  error_description: z.string().describe('A sentence for developers; it never quotes the request.'),
  reason: z.string().optional().describe('The stable machine code of the refusal, where there is one.'),
});
