import { difference, farthest, gauge, onlyInPrometheus, orZero, perMinute, quantileOf, rate } from '../expression';
import {
  answeredBeginnings,
  durations,
  exchange,
  exchangeSuccess,
  failed,
  latencyObjective,
  ofKnown,
  ofObjective,
  real,
  requests,
  storeDurations,
} from '../measures';
import { countPlot, figure, legendOf, levels, type Panel, plot, type Threshold, type View } from '../panel';

const issued = rate('tessera_codes_issued_total', [], real);
const redeemed = rate('tessera_codes_redeemed_total', [], real);

const isThere = { thresholds: levels({ bad: 0, good: 1 }) };

export const onCall: View = {
  name: 'on-call',
  title: 'On call',
  about: 'Do logins fail, for whom and why, and is it us?',
  panels: [
    figure(
      'Firing alerts',
      'Each has its runbook in docs/runbooks.',
      'short',
      { firing: onlyInPrometheus(() => 'count(ALERTS{alertstate="firing",service="tessera"}) or vector(0)') },
      { thresholds: levels({ good: 0, bad: 1 }) },
    ),
    figure(
      'Store answers',
      'Whether it did when it was last asked. While it does not, logins get 503 (F8).',
      'bool_yes_no',
      { store: gauge('tessera_store_up', [], 'min') },
      isThere,
    ),
    figure(
      'Workers',
      'Processes that serve. Fewer than WORKERS says that one has just ended, or cannot start.',
      'short',
      { workers: gauge('tessera_workers', [], 'sum') },
      isThere,
    ),
    figure(
      'Clock offset',
      'Between this host and the database. Over 5 s, codes and challenges expire too early or too late (F6).',
      's',
      { offset: farthest('tessera_clock_offset_seconds') },
      { thresholds: levels({ good: 0, warning: 1, bad: 5 }) },
    ),
    answeredBeginnings,
    plot(
      'Exchange success (M2)',
      'Codes and challenges of ours that became tokens. The objective is 99.9 %.',
      'percentunit',
      { [legendOf(['model'])]: exchangeSuccess(rate, ['model']) },
      { thresholds: ofObjective, max: 1 },
    ),
    countPlot(
      'Failures by reason (M3)',
      'A minute, the ten most frequent; docs/errors.md says what each means.',
      requests,
      ['step', 'outcome'],
      { where: failed, most: 10 },
    ),
    countPlot(
      'Failures of known codes and challenges by client',
      'A minute, the ten clients with most: no stranger can cause these. One client alone has broken itself (F1, F2).',
      requests,
      ['client', 'outcome'],
      { where: ofKnown, most: 10 },
    ),
    plot(
      'Codes issued and redeemed',
      'A minute. Codes that nobody redeems say that redirects get lost on their way to the client (F4).',
      'cpm',
      {
        issued: orZero(perMinute(issued)),
        redeemed: orZero(perMinute(redeemed)),
        difference: orZero(perMinute(difference(issued, redeemed))),
      },
    ),
    countPlot(
      'Refused by limits (429)',
      'A minute, by step. Many from few addresses are guesses; many from one proxy want TRUST_PROXY.',
      requests,
      ['step'],
      { where: { ...real, outcome: 'rate_limited' } },
    ),
    latency(0.5, 'Half of the requests are answered within this time.'),
    latency(0.95, 'The objective is 200 ms.', levels({ good: 0, bad: latencyObjective })),
    latency(0.99, 'One request of a hundred takes longer.'),
    plot('Store latency, p95', 'By operation. If it rises with the logins’ own, the cause is here (F8).', 's', {
      [legendOf(['operation'])]: quantileOf(0.95, storeDurations, ['operation']),
    }),
    countPlot('Store errors', 'A minute, by operation.', 'tessera_store_errors_total', ['operation']),
    plot(
      'Event loop delay',
      'How late the process comes to its next task. Over 100 ms it has more to compute than it can.',
      's',
      { 'p{{percentile}}': gauge('tessera_event_loop_delay_seconds', ['percentile']) },
    ),
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
  return plot(
    `Latency, p${q * 100} (M4)`,
    `From the request to the end of the answer, by step. ${about}`,
    's',
    { [legendOf(['model', 'step'])]: quantileOf(q, durations, ['model', 'step'], real) },
    thresholds && { thresholds },
  );
}
