import { ConfigError } from './platform/config';
import { StoreUnavailableError } from './platform/storage/store-unavailable.error';

/** EX_USAGE, EX_UNAVAILABLE and EX_CONFIG of sysexits.h. */
export const exitUsage = 64;
const exitUnavailable = 69;
const exitConfig = 78;

/** Ends a command on the store with one line; `otherwise` is said of what has no message. */
export function endBadly(error: unknown, otherwise: string): void {
  const isAway = error instanceof StoreUnavailableError;
  const line = isAway ? 'the database does not answer' : error instanceof Error ? error.message : otherwise;
  process.stderr.write(`${line}\n`);
  process.exitCode = error instanceof ConfigError ? exitConfig : isAway ? exitUnavailable : 1;
}
