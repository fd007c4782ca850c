import { Histogram } from '../../platform/histogram';
import type { LoginStep } from '../../platform/http/login-step';
import { type ClientLabel, noClient } from './metrics-clients';
import { counter, histogram, type Labels, type MetricFamily, type Series } from './metrics-families';
import type { Traced } from './metrics-workers';

/** Seconds, from half a millisecond to ten seconds: a percentile is off by at most half a bucket. */
const bounds = [
  0.0005, 0.001, 0.0015, 0.002, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3,
  0.5, 0.75, 1, 2, 5, 10,
];

/** A request to a step. */
export interface CountedRequest {
  /** `ok`, the next page, or the reason of the error. */
  readonly outcome: string;
  readonly seconds: number;
  readonly received: number;
  readonly sent: number;
}

/** A trace of a request, and its time in milliseconds since the epoch. */
export type Exemplar = Pick<Traced, 'traceId' | 'time'>;

interface StepCounts {
  readonly step: LoginStep;
  readonly outcomes: Map<ClientLabel, Map<string, number>>;
  /** Of sampled requests, at most one for each of these series. */
  readonly exemplars: Map<ClientLabel, Map<string, Exemplar>>;
  readonly durations: Readonly<Record<ClientLabel['synthetic'], Histogram>>;
  received: number;
  sent: number;
}

/**
 * Outcomes for which the database is deliberately retried for up to 1.3 s, in case a concurrent request is about to write:
 * their duration says nothing about the service, and anybody can cause them with made-up codes.
 */
const retriedOutcomes: ReadonlySet<string> = new Set(['code_unknown', 'challenge_unknown', 'request_uri_unknown']);

/** Outcomes with a wrong redirect URI. */
const redirectErrors: ReadonlySet<string> = new Set(['redirect_uri_unregistered', 'redirect_uri_mismatch']);

/**
 * Counts of the logins as plain numbers, which become series on demand. Keys are objects or words of ours, never untrusted
 * input, so they are bounded like the labels.
 */
export class LoginCounts {
  /** By name; a step declared by several endpoints is one. */
  private readonly steps = new Map<string, StepCounts>();
  private readonly countsOfDeclared = new Map<LoginStep, StepCounts>();
  private readonly methods = new Map<string, number>();
  private readonly replays = new Map<LoginStep['model'], Map<ClientLabel, number>>([
    ['pkce', new Map([[noClient, 0]])],
    ['wallet', new Map([[noClient, 0]])],
  ]);
  private readonly issued = new Map<ClientLabel, number>();
  private readonly redeemed = new Map<ClientLabel, number>();

  countRequest(step: LoginStep, client: ClientLabel, { outcome, seconds, received, sent }: CountedRequest): void {
    const counts = this.countsOf(step);
    add(within(counts.outcomes, client), outcome);
    if (!retriedOutcomes.has(outcome)) counts.durations[client.synthetic].observe(seconds);
    counts.received += received;
    counts.sent += sent;
  }

  /** Keeps the trace as the latest of its series. */
  keepExemplar(step: LoginStep, client: ClientLabel, outcome: string, exemplar: Exemplar): void {
    within(this.countsOf(step).exemplars, client).set(outcome, exemplar);
  }

  /** Makes the series of the step begin at 0, so that the first request shows as an increase. */
  begin(step: LoginStep): void {
    const ofNobody = within(this.countsOf(step).outcomes, noClient);
    if (!ofNobody.has('ok')) ofNobody.set('ok', 0);
  }

  /** `method`: one of S256, plain, other, none. */
  countMethod(method: string): void {
    add(this.methods, method);
  }

  countReplay(model: LoginStep['model'], client: ClientLabel): void {
    add(within(this.replays, model), client);
  }

  countCode(what: 'issued' | 'redeemed', client: ClientLabel): void {
    add(this[what], client);
  }

  families(): MetricFamily[] {
    const steps = [...this.steps.values()];
    return [
      counter(
        'tessera_login_requests_total',
        'Requests of each login step by outcome: ok, what is left to do, or the reason of the error response',
        this.byOutcome(({ outcomes }) => outcomes),
      ),
      histogram(
        'tessera_login_duration_seconds',
        'Time from the request to the end of the answer, by login step',
        steps.flatMap(({ step: { model, step }, durations }) =>
          (['false', 'true'] as const)
            .filter((synthetic) => synthetic === 'false' || durations[synthetic].count > 0)
            .map((synthetic) => [{ model, step, synthetic }, durations[synthetic]] as const),
        ),
      ),
      counter(
        'tessera_login_bytes_total',
        'Bytes of HTTP/1.1 heads and bodies, by login step and direction',
        steps.flatMap(({ step: { model, step }, received, sent }): Series[] => [
          [{ model, step, direction: 'received' }, received],
          [{ model, step, direction: 'sent' }, sent],
        ]),
      ),
      counter(
        'tessera_challenge_methods_total',
        'Authorization requests of registered clients by the code_challenge_method that they ask for',
        [...this.methods].map(([method, count]): Series => [{ method }, count]),
      ),
      counter(
        'tessera_replays_total',
        'Proofs that were right, of a code or challenge that had been redeemed a while ago',
        [...this.replays].flatMap(([model, counts]) => byClient(counts, { model })),
      ),
      counter(
        'tessera_redirect_errors_total',
        'Requests with a redirect URI that is not the one of the client or of the code, by reason',
        this.byOutcome(({ outcomes }) => outcomes).flatMap(
          ([{ outcome = '', client = '', synthetic = '' }, count]): Series[] =>
            redirectErrors.has(outcome) ? [[{ reason: outcome, client, synthetic }, count]] : [],
        ),
      ),
      counter('tessera_codes_issued_total', 'Authorization codes that were issued', byClient(this.issued)),
      counter('tessera_codes_redeemed_total', 'Authorization codes that became tokens', byClient(this.redeemed)),
    ];
  }

  /** The latest trace of each series that has one. */
  traces(): Traced[] {
    return this.byOutcome(({ exemplars }) => exemplars).map(([labels, exemplar]) => ({ labels, ...exemplar }));
  }

  /** Values of each step by client and outcome, with the labels of their series. */
  private byOutcome<Value>(of: (counts: StepCounts) => Map<ClientLabel, Map<string, Value>>): [Labels, Value][] {
    return [...this.steps.values()].flatMap((counts) => {
      const { model, step } = counts.step;
      return [...of(counts)].flatMap(([{ client, synthetic }, outcomes]) =>
        [...outcomes].map(([outcome, value]): [Labels, Value] => [{ model, step, outcome, client, synthetic }, value]),
      );
    });
  }

  private countsOf(step: LoginStep): StepCounts {
    const known = this.countsOfDeclared.get(step);
    if (known !== undefined) return known;
    const name = `${step.model} ${step.step}`;
    const counts = this.steps.get(name) ?? newCounts(step);
    this.steps.set(name, counts);
    this.countsOfDeclared.set(step, counts);
    return counts;
  }
}

function newCounts(step: LoginStep): StepCounts {
  const durations = { true: new Histogram(bounds), false: new Histogram(bounds) };
  return { step, outcomes: new Map(), exemplars: new Map(), durations, received: 0, sent: 0 };
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function within<Outer, Inner, Value>(maps: Map<Outer, Map<Inner, Value>>, key: Outer): Map<Inner, Value> {
  const known = maps.get(key);
  if (known !== undefined) return known;
  const begun = new Map<Inner, Value>();
  maps.set(key, begun);
  return begun;
}

function byClient(counts: ReadonlyMap<ClientLabel, number>, labels: Labels = {}): Series[] {
  return [...counts].map(([{ client, synthetic }, count]) => [{ ...labels, client, synthetic }, count]);
}
