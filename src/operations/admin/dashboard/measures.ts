import { knownFailures, ownFaults } from '../../metrics/exchange-outcomes';
import type { Where } from '../../metrics/time-series/reading';
import { type Expression, rate, share } from './expression';
import { legendOf, levels, plot } from './panel';

/** How many of the exchanges are to succeed. */
export const objective = 0.999;
/** In thousandths, as a text that PromQL reads: 1 - 0.999 is not 0.001 to a computer. */
export const errorBudget = '0.001';
/** Seconds within which 95 of 100 steps are to be answered. */
export const latencyObjective = 0.2;

export const requests = 'tessera_login_requests_total';
export const durations = 'tessera_login_duration_seconds';
export const storeDurations = 'tessera_store_operation_duration_seconds';

/** Logins of probes and canaries stay out of what is said about those of people. */
export const real: Where = { synthetic: { not: 'true' } };
/** Where a page came first, nothing has succeeded or failed yet; who never comes back has failed at nothing of ours. */
const pages = ['login', 'consent'];
export const failed: Where = { ...real, outcome: { not: ['ok', ...pages] } };

/** Where a login begins, and where its code or challenge is exchanged. */
const beginning: Where = { step: ['authorize', 'challenge'] };
export const exchange: Where = { step: ['token', 'verify'] };
export const logins: Where = { ...real, ...exchange, outcome: 'ok' };

/** Ends of a request to begin a login that are neither its success nor its failure. */
export const undecided: readonly string[] = [...pages, 'login_required', 'consent_required', 'rate_limited', 'aborted'];
export const ofKnown: Where = { ...real, ...exchange, outcome: knownFailures };
const counted: Where = { ...real, ...exchange, outcome: ['ok', ...knownFailures, ...ownFaults] };

type Counting = typeof rate;

/** M1: requests that begin a login and got what they asked for, of those of known clients that are decided. */
export function authorizationSuccess(count: Counting, by: readonly string[] = []): Expression {
  const decided: Where = { ...real, ...beginning, client: { not: '' }, outcome: { not: undecided } };
  return share(count(requests, by, { ...decided, outcome: 'ok' }), count(requests, by, decided));
}

/** M2: exchanges that succeed, of those that count against the objective. */
export function exchangeSuccess(count: Counting, by: readonly string[] = []): Expression {
  return share(count(requests, by, { ...counted, outcome: 'ok' }), count(requests, by, counted));
}

/** M6: requests that asked for S256, of all that had to name a method. */
export function s256Share(count: Counting): Expression {
  const methods = 'tessera_challenge_methods_total';
  return share(count(methods, [], { method: 'S256' }), count(methods));
}

/** M10: exchanges of synthetic clients that succeed. */
export function syntheticSuccess(count: Counting, by: readonly string[] = []): Expression {
  const synthetic: Where = { ...exchange, synthetic: 'true' };
  return share(count(requests, by, { ...synthetic, outcome: 'ok' }), count(requests, by, synthetic));
}

/** Of the success of exchanges: met, or not. */
export const ofObjective = levels({ bad: 0, good: objective });

/** That of M1 over time, by model. */
export const answeredBeginnings = plot(
  'Begun logins that were answered (M1)',
  'Authorization requests and challenges that got what they asked for. Abandoned logins do not count.',
  'percentunit',
  { [legendOf(['model'])]: authorizationSuccess(rate, ['model']) },
  { max: 1 },
);
