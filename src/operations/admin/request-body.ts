import { admin } from './admin-access';
import { AdminError } from './admin-error';
import { FieldError } from '../../platform/fields/field-error';
import { objectIn } from '../../platform/fields/fields';
import { overlapOf } from './overlap';
import { mostPerPage, type PageAsked } from './page-answer';
import type { Parameters } from '../../platform/http/parameters';

/** What every endpoint of the administration declares that shows records, */
export const read = { method: 'GET', access: admin.read } as const;
/** that reads a JSON object and writes, */
export const json = {
  access: admin.write,
  body: 'json',
  notJson: () => new AdminError('body_invalid'),
} as const;
/** that ends what there is of many, and says of how many, */
export const end = { method: 'DELETE', access: admin.write } as const;
/** and that removes one. */
export const remove = { ...end, status: 204 } as const;

/** The JSON object of a request. Throws: {@link AdminError} body_invalid. */
export function recordIn(body: unknown): Readonly<Record<string, unknown>> {
  const record = objectIn(body);
  if (record === undefined) throw new AdminError('body_invalid');
  return record;
}

/** One member of a body that has no other and may be absent. Throws: {@link AdminError}. */
export function optionIn(body: unknown, name: string): unknown {
  const { [name]: value, ...others } = recordIn(body ?? {});
  const [other] = Object.keys(others);
  if (other !== undefined) throw new FieldError(/^\w{1,64}$/.test(other) ? other : 'An unknown field', `${name} alone`);
  return value;
}

/** For how many seconds an old secret stays. Throws: {@link AdminError}. */
export function overlapIn(body: unknown): number {
  return overlapOf(optionIn(body, 'expires_old_in') ?? 0);
}

/** Which page of a list a query asks for. Throws: {@link FieldError}. */
export function pageIn(query: Parameters): PageAsked {
  const limit = query.get('limit') ?? String(mostPerPage);
  const isAllowed = /^\d{1,3}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= mostPerPage;
  if (!isAllowed) throw new FieldError('limit', `a whole number from 1 to ${mostPerPage}`);
  const after = query.get('after');
  return { limit: Number(limit), ...(after !== undefined && { after }) };
}

/** Throws: {@link FieldError} for a parameter that is given twice, or not known: it would be taken for one that narrows. */
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
