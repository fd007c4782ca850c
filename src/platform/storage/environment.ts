import { type Config, type ConfigError, refusedSetting } from '../config';

/** The environment of a store, set by its first start. */
export type Environment = 'production' | 'development';

/**
 * The number of the store's format, in both databases; a store of another form is refused. CHANGELOG.md says how a migration is
 * written and tested.
 */
export const storeForm = 6;

/** The record `environment` in `meta`, written by the first start; `form` is absent from stores older than it. */
export interface StoreMark {
  readonly name: Environment;
  readonly form?: number;
}

/** The mark for a store that this environment starts. */
export function markOf(claimant: Environment): StoreMark {
  return { name: claimant, form: storeForm };
}

/** The environment of this process. */
export function ownEnvironment({ production }: Pick<Config, 'production'>): Environment {
  return production ? 'production' : 'development';
}

/** Tables that have records once a store is in use. */
export const markedTables = [
  'signing_keys',
  'clients',
  'users',
  'challenges',
  'grants',
  'sessions',
  'consents',
] as const;

/** A store of the other environment or another form; nothing was written to it. */
export class OtherStoreError extends Error {}

/**
 * Throws: {@link OtherStoreError} unless the mark has this environment and form. It is undefined for a store with records but
 * no mark.
 */
export function assertOwn(mark: StoreMark | undefined, claimant: Environment): void {
  if (mark?.form !== storeForm) {
    const form = mark?.form === undefined ? 'has no number' : `is of form ${mark.form}`;
    throw new OtherStoreError(`a store of form ${storeForm}; this one ${form}`);
  }
  if (mark.name !== claimant) {
    throw new OtherStoreError(`in ${claimant} a store of its own; this one is of ${mark.name} by its first start`);
  }
}

/** The operator's message: the setting that selects the store, and why the store is refused. */
export function refusedStore(
  setting: 'DATA_DIR' | 'MONGODB_URI',
  value: string,
  { message }: OtherStoreError,
): ConfigError {
  return refusedSetting(setting, value, message);
}
