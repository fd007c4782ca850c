import { operator } from './admin-access';
import { AdminError } from './admin-error';
import { FieldError } from '../../platform/fields/field-error';
import { objectIn } from '../../platform/fields/fields';
import { type Overlap, overlapOf } from './overlap';
import { mostPerPage, type PageAsked } from './page-answer';
import type { Parameters } from '../../platform/http/parameters';

/** Declarations of the administration's endpoints: reads, */
export const read = { method: 'GET', access: operator('viewer') } as const;
/** reads of what happened, */
export const audit = { method: 'GET', access: operator('auditor') } as const;
/** writes with a JSON object, */
export const json = {
  access: operator('admin'),
  body: 'json',
  notJson: () => new AdminError('body_invalid'),
} as const;
/** those for the support of users, */
export const support = { ...json, access: operator('support') } as const;
/** ends of several logins, with their number, */
export const endAll = { method: 'DELETE', access: operator('support') } as const;
/** ends of one, */
export const end = { ...endAll, status: 204 } as const;
/** and removals of records. */
export const remove = { ...end, access: operator('admin') } as const;

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

/** Throws: {@link AdminError}. */
export function overlapIn(body: unknown): Overlap {
  return overlapOf(optionIn(body, 'expires_old_in') ?? undefined);
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
