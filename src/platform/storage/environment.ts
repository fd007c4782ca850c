import { type Config, type ConfigError, refusedSetting } from '../config';

/** Which of two kinds a store is of, by its first start. */
export type Environment = 'production' | 'development';

/**
 * The form of everything that is in a store, in both databases: another form has another number. A store of another form
 * is refused; CHANGELOG.md says how a migration is written and tested.
 */
export const storeForm = 2;

/** What a store remembers under `environment` in `meta` from its first start on; `form` is absent of one that never knew it. */
export interface StoreMark {
  readonly name: Environment;
  readonly form?: number;
}

/** The mark of a store that this environment starts. */
export function markOf(claimant: Environment): StoreMark {
  return { name: claimant, form: storeForm };
}

/** The environment of this process. */
export function ownEnvironment({ production }: Pick<Config, 'production'>): Environment {
  return production ? 'production' : 'development';
}

/** What holds records of a store in use. */
export const markedTables = [
  'signing_keys',
  'clients',
  'users',
  'challenges',
  'grants',
  'sessions',
  'consents',
] as const;

/** A store of the other environment, or of another form: nothing was written into it. */
export class OtherStoreError extends Error {}

/** Throws: {@link OtherStoreError} unless the mark, absent of a store that has records and none, is one of this environment and form. */
export function assertOwn(mark: StoreMark | undefined, claimant: Environment): void {
  if (mark?.form !== storeForm) {
    const form = mark?.form === undefined ? 'has no number' : `is of form ${mark.form}`;
    throw new OtherStoreError(`a store of form ${storeForm}; this one ${form}`);
  }
  if (mark.name !== claimant) {
    throw new OtherStoreError(`in ${claimant} a store of its own; this one is of ${mark.name} by its first start`);
  }
}

/** What the operator is told: the setting that selects the store, and why it may not. */
export function refusedStore(
  setting: 'DATA_DIR' | 'MONGODB_URI',
  value: string,
  { message }: OtherStoreError,
): ConfigError {
  return refusedSetting(setting, value, message);
}
