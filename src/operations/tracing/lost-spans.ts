import type { Logger } from 'pino';
import type { OnLost } from './spans';

const quietMs = 60_000;

/** Logs that spans were lost in one line a minute at most, however often and for whatever reasons. */
export function lostSpansReport(logger: Pick<Logger, 'warn'>, now = () => performance.now()): OnLost {
  let lost = 0;
  let saidAt = Number.NEGATIVE_INFINITY;
  return (spans, error) => {
    lost += spans;
    if (now() - saidAt < quietMs) return;
    logger.warn({ spans: lost, ...(error !== undefined && { error }) }, 'spans were not exported');
    saidAt = now();
    lost = 0;
  };
}
