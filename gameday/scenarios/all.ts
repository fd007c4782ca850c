import type { Scenario } from '../scenario';
import { credentialsOfCallers, guesses, strangers } from './callers';
import { clocksApart, plainMethod, replays, strippedQuery, verifierMissing, wrongEncoding } from './clients';
import { killedService, killedWorker, rotation } from './processes';
import { fullDisk, hangingStore, lostStore, slowStore } from './store';

/** In the order of the report. */
export const scenarios: readonly Scenario[] = [
  verifierMissing,
  wrongEncoding,
  plainMethod,
  strippedQuery,
  replays,
  clocksApart,
  credentialsOfCallers,
  slowStore,
  lostStore,
  hangingStore,
  fullDisk,
  killedWorker,
  killedService,
  rotation,
  guesses,
  strangers,
];

/** What CI plays: a client that goes wrong, a store that is lost, and what must page nobody. */
export const short: ReadonlySet<string> = new Set(['F8-lost', 'strangers']);
