import { type Config, type ConfigError, refusedSetting } from '../config';

/** Which of two kinds a store is of: it remembers the environment of its first start under `environment` in `meta`. */
export type Environment = 'production' | 'development';

/** The environment of this process. */
export function ownEnvironment({ production }: Pick<Config, 'production'>): Environment {
  return production ? 'production' : 'development';
}

/** The records that a development seed marks as its own. */
export const seededTables = ['signing_keys', 'clients', 'users'] as const;

/** What holds records of a store from before it remembered: those of version 0.1 among them. */
export const markedTables = [
  ...seededTables,
  'challenges',
  'grants',
  'sessions',
  'consents',
  'tombstones',
  'revocations',
] as const;

/** What a store from before it remembered is, by what it holds; undefined when it is empty. */
export function environmentByRecords(store: {
  readonly hasDemo: boolean;
  readonly hasOther: boolean;
}): Environment | undefined {
  if (store.hasDemo) return 'development';
  return store.hasOther ? 'production' : undefined;
}

/** A store that belongs to the other environment: nothing was written into it. */
export class OtherEnvironmentError extends Error {
  constructor(readonly owner: Environment) {
    super(`the store belongs to ${owner}`);
  }
}

/** What the operator is told: the setting that selects the store, and why it may not. */
export function refusedStore(setting: 'DATA_DIR' | 'MONGODB_URI', value: string, owner: Environment): ConfigError {
  const wanted = owner === 'production' ? 'development' : 'production';
  return refusedSetting(setting, value, `in ${wanted} a store of its own; this one is of ${owner} by its first start`);
}
