import * as z from 'zod';
import {
  type Answer,
  type Description,
  httpRefusals,
  jsonAnswer,
  optionalText,
  type Refusal,
  refusals,
} from '../../platform/http/description';
import { operatorRefusals } from '../../domain/operators/operators.openapi';
import { type AdminErrorReason, adminErrors } from './admin-error';
import { mostPerPage } from './page-answer';

/** Shared by all descriptions of the administration. */
export const adminOperation = {
  tags: ['Administration'],
} satisfies Partial<Description>;

/** The errors of every endpoint here, and these. */
export function adminRefusals(...reasons: readonly AdminErrorReason[]): Refusal[] {
  return [
    ...refusals(adminErrors, 'admin_token_required', ...reasons),
    ...operatorRefusals,
    ...httpRefusals('rate_limited'),
  ];
}

/** Whether a record is one of `tessera apply`. */
export const managedField = z.boolean().describe('Whether a file of `tessera apply` has named it; read-only.');

export const pageQuery = z.object({
  limit: z.int().min(1).max(mostPerPage).default(mostPerPage),
  after: z.string().optional().describe('The `next` of the page before.'),
});

export function pageAnswers(description: string, item: z.ZodType, example: unknown): Answer {
  const page = z.object({ data: z.array(item), next: z.string().optional() });
  return jsonAnswer(description, page, { data: [example] });
}

/** A response about one record. */
export function etagAnswer(description: string, answer: z.ZodType, example: object): Answer {
  const headers = {
    ETag: { description: 'The state of the record, for If-Match.', schema: { type: 'string' as const } },
  };
  return { ...jsonAnswer(description, answer, example), headers };
}

const ifMatch = z.object({ 'If-Match': optionalText('ETags, one of which the record must have (RFC 9110 §13.1.1).') });

/** A response with a secret of a client or an API. */
export function secretAnswer(description: string, answer: z.ZodObject, example: object): Answer {
  const client_secret = z.string().optional().describe('Shown once: the store keeps its hash.');
  const shown = { ...example, client_secret: '2vS0pYcQ1kT7mXw4bZr8nHd3fJg6LaEo9iUtRq5yWxM' };
  return etagAnswer(description, answer.extend({ client_secret }), shown);
}

/** Shared by the descriptions of generating another secret. */
export const secretOperation = {
  ...adminOperation,
  body: {
    optional: true,
    schema: z.object({
      expires_old_in: z.int().min(0).default(0).describe('Seconds for which the secret before is accepted too.'),
    }),
    examples: { example: { summary: 'both for an hour', value: { expires_old_in: 3_600 } } },
  },
  refusals: adminRefusals('body_invalid', 'field_invalid', 'record_unknown'),
} satisfies Partial<Description>;

/** A kind of record that operators list, add, read, change and remove. */
interface RecordKind {
  /** Part of the operation ids. */
  readonly name: string;
  /** The record in words: `a client`. */
  readonly one: string;
  readonly path: Readonly<Record<string, string>>;
  readonly answer: z.ZodObject;
  readonly example: object;
  readonly list: Pick<Description, 'summary'>;
  readonly add: Pick<Description, 'summary' | 'body'> & Partial<Description>;
  readonly change: Pick<Description, 'body'> & { readonly changed: object } & Partial<Description>;
  readonly remove: Pick<Description, 'summary'> & Partial<Description>;
}

export type RecordOperations = Readonly<Record<'list' | 'add' | 'find' | 'change' | 'remove', Description>>;

export function recordOperations(kind: RecordKind): RecordOperations {
  const { name, one, path, answer, example, list, add, change, remove } = kind;
  const [id, the] = [capitalized(name), one.replace(/^an? /, 'The ')];
  const {
    changed,
    refusals: whenChanged = adminRefusals('body_invalid', 'field_invalid', 'record_unknown'),
    ...changing
  } = change;
  const { refusals: whenRemoved = adminRefusals('record_unknown'), ...removing } = remove;
  return {
    list: {
      ...adminOperation,
      operationId: `list${id}s`,
      query: pageQuery,
      answers: { 200: pageAnswers('A page', answer, example) },
      refusals: adminRefusals('field_invalid'),
      ...list,
    },
    add: {
      ...adminOperation,
      operationId: `add${id}`,
      answers: { 201: etagAnswer('It is registered', answer, example) },
      refusals: adminRefusals('body_invalid', 'field_invalid', 'already_exists'),
      ...add,
    },
    find: {
      ...adminOperation,
      operationId: name,
      summary: capitalized(one),
      path,
      answers: { 200: etagAnswer(the, answer, example) },
      refusals: adminRefusals('record_unknown'),
    },
    change: {
      ...adminOperation,
      operationId: `change${id}`,
      summary: `Change fields of ${one} (RFC 7396): all of them or none`,
      path,
      headers: ifMatch,
      answers: { 200: etagAnswer(`${the} as it is now`, answer, { ...example, ...changed }) },
      ...changing,
      refusals: [...whenChanged, ...adminRefusals('changed_meanwhile')],
    },
    remove: {
      ...adminOperation,
      operationId: `remove${id}`,
      path,
      headers: ifMatch,
      answers: { 204: { description: 'It is gone' } },
      ...removing,
      refusals: [...whenRemoved, ...adminRefusals('changed_meanwhile')],
    },
  };
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
