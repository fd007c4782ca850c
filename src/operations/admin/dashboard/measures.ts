import { knownFailures, ownFaults } from '../../metrics/exchange-outcomes';
import type { Where } from '../../metrics/time-series/reading';
import { type Expression, rate, share } from './expression';
import { legendOf, levels, plot } from './panel';

/** The objective: the share of exchanges that succeed. */
export const objective = 0.999;
/** As a text for PromQL: 1 - 0.999 is not exactly 0.001 in floating point. */
export const errorBudget = '0.001';
/** Seconds within which 95 of 100 steps are to be answered. */
export const latencyObjective = 0.2;

export const requests = 'tessera_login_requests_total';
export const durations = 'tessera_login_duration_seconds';
export const storeDurations = 'tessera_store_operation_duration_seconds';

/** Excludes logins of probes and canaries. */
export const real: Where = { synthetic: { not: 'true' } };
/** A page comes first, so nothing has succeeded or failed yet; an end-user who never returns is no failure of ours. */
const pages = ['login', 'consent'];
export const failed: Where = { ...real, outcome: { not: ['ok', ...pages] } };

/** The steps that begin a login, and those that exchange its code or challenge. */
const beginning: Where = { step: ['authorize', 'challenge'] };
export const exchange: Where = { step: ['token', 'verify'] };
export const logins: Where = { ...real, ...exchange, outcome: 'ok' };

/** Outcomes of a beginning that are neither success nor failure. */
export const undecided: readonly string[] = [...pages, 'login_required', 'consent_required', 'rate_limited', 'aborted'];
export const ofKnown: Where = { ...real, ...exchange, outcome: knownFailures };
const counted: Where = { ...real, ...exchange, outcome: ['ok', ...knownFailures, ...ownFaults] };

type Counting = typeof rate;

/** M1: share of successful beginnings among the decided ones of known clients. */
export function authorizationSuccess(count: Counting, by: readonly string[] = []): Expression {
  const decided: Where = { ...real, ...beginning, client: { not: '' }, outcome: { not: undecided } };
  return share(count(requests, by, { ...decided, outcome: 'ok' }), count(requests, by, decided));
}

/** M2: share of successful exchanges among those that count against the objective. */
export function exchangeSuccess(count: Counting, by: readonly string[] = []): Expression {
  return share(count(requests, by, { ...counted, outcome: 'ok' }), count(requests, by, counted));
}

/** M6: share of requests with S256 among all that must name a method. */
export function s256Share(count: Counting): Expression {
  const methods = 'tessera_challenge_methods_total';
  return share(count(methods, [], { method: 'S256' }), count(methods));
}

/** M10: share of successful exchanges of synthetic clients. */
export function syntheticSuccess(count: Counting, by: readonly string[] = []): Expression {
  const synthetic: Where = { ...exchange, synthetic: 'true' };
  return share(count(requests, by, { ...synthetic, outcome: 'ok' }), count(requests, by, synthetic));
}

/** Levels of the exchange objective: met, or not. */
export const ofObjective = levels({ bad: 0, good: objective });

/** M1 over time, by model. */
export const answeredBeginnings = plot(
  'Begun logins that were answered (M1)',
  'Authorization requests and challenges that got what they asked for. Abandoned logins do not count.',
  'percentunit',
  { [legendOf(['model'])]: authorizationSuccess(rate, ['model']) },
  { max: 1 },
);
