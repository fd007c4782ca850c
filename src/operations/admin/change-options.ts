import type { Acting } from '../../domain/operators/operators';
import { type JsonObject, namesIn } from '../../platform/fields/fields';
import type { IfMatch } from './etag';

/** How a record is changed, beside the values of its fields. */
export interface ChangeOptions {
  readonly by: Acting;
  readonly ifMatch?: IfMatch | undefined;
  /** True: from now on `tessera apply` manages it. */
  readonly managed?: boolean;
}

/** What the event of a change names: the given fields, and `managed` when the record becomes so. */
export function changedNames(given: JsonObject, managed: boolean, before: { readonly managed?: boolean }): string[] {
  return namesIn(managed && before.managed !== true ? { ...given, managed } : given);
}
