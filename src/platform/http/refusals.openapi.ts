import { httpErrors } from './http-error';
import type { ExampleObject, HeaderObject, Responses, SchemaObject } from './openapi';
import { type ErrorDefinition, errorBody, ProtocolError } from './protocol-error';

/** One way in which an endpoint can refuse. */
export interface Refusal extends ErrorDefinition {
  /** What tells it from the others: the reason, or for HTTP's own refusals, which send none, the catalogue's name. */
  readonly name: string;
  readonly reason: string | undefined;
}

/** These refusals of a protocol's catalogue. */
export function refusals<Reason extends string>(
  catalogue: Readonly<Record<Reason, ErrorDefinition>>,
  ...reasons: readonly NoInfer<Reason>[]
): Refusal[] {
  return reasons.map((reason) => ({ ...catalogue[reason], name: reason, reason }));
}

/** These refusals of HTTP itself, beside those that any address has. */
export function httpRefusals(...names: readonly (keyof typeof httpErrors)[]): Refusal[] {
  return names.map((name) => ({ ...httpErrors[name], name, reason: undefined }));
}

/** What any request to any address can be told. */
const everywhere = httpRefusals('malformed', 'misdirected', 'url_too_long', 'headers_too_large', 'internal');

const headersOf: Readonly<Record<number, Readonly<Record<string, HeaderObject>>>> = {
  401: {
    'WWW-Authenticate': { description: 'The scheme that is asked for (RFC 6750 §3).', schema: { type: 'string' } },
  },
  429: { 'Retry-After': { description: 'Seconds.', schema: { type: 'string' } } },
  503: { 'Retry-After': { description: 'Seconds.', schema: { type: 'string' } } },
};

/** Says how an endpoint can refuse: one response a status, with one example a reason, as the error writer writes it. */
export function errorResponses(...lists: readonly (readonly Refusal[])[]): Responses {
  const all = [...everywhere, ...lists.flat()];
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

/** The envelope of every refusal, as a component of the document. */
export const errorSchema: SchemaObject = {
  type: 'object',
  required: ['error', 'error_description'],
  properties: {
    error: { type: 'string', description: 'A code of RFC 6749 §5.2 or of one of its extensions.' },
    error_description: { type: 'string', description: 'A sentence for developers; it never quotes the request.' },
    reason: { type: 'string', description: 'The stable machine code of the refusal, where there is one.' },
  },
  additionalProperties: false,
};
