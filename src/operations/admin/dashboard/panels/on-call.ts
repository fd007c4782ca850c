import { difference, farthest, gauge, onlyInPrometheus, orZero, perMinute, quantileOf, rate, top } from '../expression';
import {
  aMinute,
  authorizationSuccess,
  durations,
  exchange,
  exchangeSuccess,
  failed,
  latencyObjective,
  ofKnown,
  ofObjective,
  real,
  requests,
} from '../measures';
import type { Panel, Threshold, View } from '../panel';

const storeDurations = 'tessera_store_operation_duration_seconds';
const issued = rate('tessera_codes_issued_total', [], real);
const redeemed = rate('tessera_codes_redeemed_total', [], real);

const isThere: readonly Threshold[] = [
  { from: 0, level: 'bad' },
  { from: 1, level: 'good' },
];

export const onCall: View = {
  name: 'on-call',
  title: 'On call',
  about: 'Do logins fail, for whom and why, and is it us?',
  panels: [
    {
      title: 'Firing alerts',
      about: 'Each has its runbook in docs/runbooks.',
      kind: 'figure',
      unit: 'short',
      queries: [
        {
          of: onlyInPrometheus(() => 'count(ALERTS{alertstate="firing",service="tessera"}) or vector(0)'),
          legend: 'firing',
        },
      ],
      thresholds: [
        { from: 0, level: 'good' },
        { from: 1, level: 'bad' },
      ],
    },
    {
      title: 'Store answers',
      about: 'Whether it did when it was last asked. While it does not, logins get 503 (F8).',
      kind: 'figure',
      unit: 'bool_yes_no',
      queries: [{ of: gauge('tessera_store_up', [], 'min'), legend: 'store' }],
      thresholds: isThere,
    },
    {
      title: 'Workers',
      about: 'Processes that serve. Fewer than WORKERS says that one has just ended, or cannot start.',
      kind: 'figure',
      unit: 'short',
      queries: [{ of: gauge('tessera_workers', [], 'sum'), legend: 'workers' }],
      thresholds: isThere,
    },
    {
      title: 'Clock offset',
      about: 'Between this host and the database. Over 5 s, codes and challenges expire too early or too late (F6).',
      kind: 'figure',
      unit: 's',
      queries: [{ of: farthest('tessera_clock_offset_seconds'), legend: 'offset' }],
      thresholds: [
        { from: 0, level: 'good' },
        { from: 1, level: 'warning' },
        { from: 5, level: 'bad' },
      ],
    },
    {
      title: 'Begun logins that were answered (M1)',
      about: 'Authorization requests and challenges that got what they asked for. Abandoned logins do not count.',
      kind: 'plot',
      unit: 'percentunit',
      queries: [{ of: authorizationSuccess(rate, ['model']), legend: '{{model}}' }],
      max: 1,
    },
    {
      title: 'Exchange success (M2)',
      about: 'Codes and challenges of ours that became tokens. The objective is 99.9 %.',
      kind: 'plot',
      unit: 'percentunit',
      queries: [{ of: exchangeSuccess(rate, ['model']), legend: '{{model}}' }],
      thresholds: ofObjective,
      max: 1,
    },
    {
      title: 'Failures by reason (M3)',
      about: 'A minute, the ten most frequent; docs/errors.md says what each means.',
      kind: 'plot',
      unit: 'cpm',
      queries: [
        { of: orZero(top(10, aMinute(requests, ['step', 'outcome'], failed))), legend: '{{step}} {{outcome}}' },
      ],
    },
    {
      title: 'Failures of known codes and challenges by client',
      about:
        'A minute, the ten clients with most: no stranger can cause these. One client alone has broken itself (F1, F2).',
      kind: 'plot',
      unit: 'cpm',
      queries: [
        { of: orZero(top(10, aMinute(requests, ['client', 'outcome'], ofKnown))), legend: '{{client}} {{outcome}}' },
      ],
    },
    {
      title: 'Codes issued and redeemed',
      about: 'A minute. Codes that nobody redeems say that redirects get lost on their way to the client (F4).',
      kind: 'plot',
      unit: 'cpm',
      queries: [
        { of: orZero(perMinute(issued)), legend: 'issued' },
        { of: orZero(perMinute(redeemed)), legend: 'redeemed' },
        { of: orZero(perMinute(difference(issued, redeemed))), legend: 'difference' },
      ],
    },
    {
      title: 'Refused by limits (429)',
      about: 'A minute, by step. Many from few addresses are guesses; many from one proxy want TRUST_PROXY.',
      kind: 'plot',
      unit: 'cpm',
      queries: [{ of: orZero(aMinute(requests, ['step'], { ...real, outcome: 'rate_limited' })), legend: '{{step}}' }],
    },
    latency(0.5, 'Half of the requests are answered within this time.'),
    latency(0.95, 'The objective is 200 ms.', [
      { from: 0, level: 'good' },
      { from: latencyObjective, level: 'bad' },
    ]),
    latency(0.99, 'One request of a hundred takes longer.'),
    {
      title: 'Store latency, p95',
      about: 'By operation. If it rises with the logins’ own, the cause is here (F8).',
      kind: 'plot',
      unit: 's',
      queries: [{ of: quantileOf(0.95, storeDurations, ['operation']), legend: '{{operation}}' }],
    },
    {
      title: 'Store errors',
      about: 'A minute, by operation.',
      kind: 'plot',
      unit: 'cpm',
      queries: [{ of: orZero(aMinute('tessera_store_errors_total', ['operation'])), legend: '{{operation}}' }],
    },
    {
      title: 'Event loop delay',
      about: 'How late the process comes to its next task. Over 100 ms it has more to compute than it can.',
      kind: 'plot',
      unit: 's',
      queries: [{ of: gauge('tessera_event_loop_delay_seconds', ['percentile']), legend: 'p{{percentile}}' }],
    },
  ],
  traces: {
    title: 'Traces of failed exchanges',
    about:
      'The latest of each reason and client that was sampled: search for its id where OTEL_EXPORTER_OTLP_ENDPOINT sends traces.',
    where: { ...failed, ...exchange },
    traceql: '{ span.tessera.step =~ "token|verify" && span.tessera.outcome != "ok" }',
  },
};

function latency(q: number, about: string, thresholds?: readonly Threshold[]): Panel {
  return {
    title: `Latency, p${q * 100} (M4)`,
    about: `From the request to the end of the answer, by step. ${about}`,
    kind: 'plot',
    unit: 's',
    queries: [{ of: quantileOf(q, durations, ['model', 'step'], real), legend: '{{model}} {{step}}' }],
    ...(thresholds !== undefined && { thresholds }),
  };
}
