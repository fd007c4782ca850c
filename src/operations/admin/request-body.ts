import { admin } from './admin-access';
import { AdminError } from './admin-error';
import { FieldError } from '../../platform/fields/field-error';
import { objectIn } from '../../platform/fields/fields';
import { overlapOf } from './overlap';
import { mostPerPage, type PageAsked } from './page-answer';
import type { Parameters } from '../../platform/http/parameters';

/** Declarations of the administration's endpoints: reads, */
export const read = { method: 'GET', access: admin.read } as const;
/** writes with a JSON object, */
export const json = {
  access: admin.write,
  body: 'json',
  notJson: () => new AdminError('body_invalid'),
} as const;
/** ends of several records, with their number, */
export const end = { method: 'DELETE', access: admin.write } as const;
/** and removals of one. */
export const remove = { ...end, status: 204 } as const;

/** The JSON object of a request. Throws: {@link AdminError} body_invalid. */
export function recordIn(body: unknown): Readonly<Record<string, unknown>> {
  const record = objectIn(body);
  if (record === undefined) throw new AdminError('body_invalid');
  return record;
}

/** The only allowed member of an optional body. Throws: {@link AdminError}. */
export function optionIn(body: unknown, name: string): unknown {
  const { [name]: value, ...others } = recordIn(body ?? {});
  const [other] = Object.keys(others);
  if (other !== undefined) throw new FieldError(/^\w{1,64}$/.test(other) ? other : 'An unknown field', `${name} alone`);
  return value;
}

/** Seconds that an old secret stays valid. Throws: {@link AdminError}. */
export function overlapIn(body: unknown): number {
  return overlapOf(optionIn(body, 'expires_old_in') ?? 0);
}

/** The page that a query requests. Throws: {@link FieldError}. */
export function pageIn(query: Parameters): PageAsked {
  const limit = query.get('limit') ?? String(mostPerPage);
  const isAllowed = /^\d{1,3}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= mostPerPage;
  if (!isAllowed) throw new FieldError('limit', `a whole number from 1 to ${mostPerPage}`);
  const after = query.get('after');
  return { limit: Number(limit), ...(after !== undefined && { after }) };
}

/** Throws: {@link FieldError} for a repeated or unknown parameter: it would look like a filter. */
export function assertKnown(query: Parameters, ...names: readonly string[]): void {
  for (const name of query.names) {
    if (!names.includes(name)) {
      throw new FieldError(
        /^\w{1,64}$/.test(name) ? name : 'An unknown parameter',
        `parameters named ${names.join(', ')}`,
      );
    }
    if (query.getAll(name).length > 1) throw new FieldError(name, 'one value');
  }
}
