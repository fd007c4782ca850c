import { countOf, increase, mapped, onlyInPrometheus, orZero, rate } from '../expression';
import {
  answeredBeginnings,
  errorBudget,
  exchangeSuccess,
  logins,
  ofKnown,
  ofObjective,
  real,
  requests,
  s256Share,
  syntheticSuccess,
} from '../measures';
import { countPlot, figure, legendOf, levels, plot, table, type View } from '../panel';

const byModel = legendOf(['model']);
const bySeverity = legendOf(['severity']);
const loginsByModel = { [byModel]: orZero(increase(requests, ['model'], logins)) };
const aDay = { window: '1d' } as const;
const aMonth = { window: '30d' } as const;

export const executive: View = {
  name: 'executive',
  title: 'Executive',
  about: 'Do logins work, how many are there, and how much may still fail?',
  panels: [
    figure(
      'Exchange success (M2)',
      'Codes and challenges of ours that became tokens. The objective is 99.9 %.',
      'percentunit',
      { success: exchangeSuccess(increase) },
      { ...aMonth, thresholds: ofObjective },
    ),
    figure(
      'Error budget left',
      'Of what may fail under the objective. Below 0 it is used up, and changes should wait.',
      'percentunit',
      {
        left: mapped(
          exchangeSuccess(increase),
          (success) => `1 - (1 - ${success}) / ${errorBudget}`,
          (success) => 1 - (1 - success) / Number(errorBudget),
        ),
      },
      { ...aMonth, thresholds: levels({ bad: Number.NEGATIVE_INFINITY, warning: 0, good: 0.25 }) },
    ),
    figure('Logins', 'Logins that were completed, without synthetic ones.', 'short', loginsByModel, aDay),
    figure(
      'Active clients',
      'Clients with at least one completed login; those that registered themselves count as one.',
      'short',
      { clients: orZero(countOf(increase(requests, ['client'], logins))) },
      aDay,
    ),
    figure(
      'S256 share (M6)',
      'Authorization requests that asked for S256. What asks for another method, or none, is refused.',
      'percentunit',
      { S256: s256Share(increase) },
      { ...aDay, thresholds: levels({ bad: 0, warning: 0.95, good: 0.99 }) },
    ),
    figure(
      'Replays (M5)',
      'Codes and challenges that were shown again with the right proof. Each has revoked what it had issued.',
      'short',
      { [byModel]: orZero(increase('tessera_replays_total', ['model'], real)) },
      { ...aDay, thresholds: levels({ good: 0, warning: 0.5, bad: 10 }) },
    ),
    figure(
      'Synthetic logins (M10)',
      'Exchanges of synthetic clients that succeeded, as this server saw them.',
      'percentunit',
      { success: syntheticSuccess(increase) },
      { ...aDay, thresholds: ofObjective },
    ),
    figure(
      'Probe (M10)',
      'Whether the last login of the probe, from outside, succeeded.',
      'bool_yes_no',
      { [byModel]: onlyInPrometheus(() => 'min by (model) (tessera_probe_success)') },
      { thresholds: levels({ bad: 0, good: 1 }) },
    ),
    figure(
      'Incidents (M9)',
      'How often an alert began to fire, by severity.',
      'short',
      {
        [bySeverity]: onlyInPrometheus(() => 'sum by (severity) (tessera:alert_incidents:30d) or on () vector(0)'),
      },
      aMonth,
    ),
    figure(
      'Time to remedy (M9)',
      'How long an alert fired, the mean of all incidents, by severity.',
      's',
      {
        [bySeverity]: onlyInPrometheus(
          () =>
            'sum by (severity) (tessera:alert_firing_seconds:30d) / sum by (severity) (tessera:alert_incidents:30d)',
        ),
      },
      aMonth,
    ),
    plot(
      'Exchange success by model (M2)',
      'The line of the objective is 99.9 %.',
      'percentunit',
      { [byModel]: exchangeSuccess(rate, ['model']) },
      { thresholds: ofObjective, max: 1 },
    ),
    answeredBeginnings,
    countPlot(
      'Trend of validation failures (M3)',
      'A minute: codes and challenges of ours whose proof was refused. On call has the reasons.',
      requests,
      ['model'],
      { where: ofKnown },
    ),
    countPlot('Logins a minute', 'Logins that were completed, by model.', requests, ['model'], { where: logins }),
    plot('Logins a day', 'Logins that were completed, by model.', 'short', loginsByModel, {
      ...aDay,
      grafanaInterval: '1d',
    }),
    plot(
      'Validation failures a day (M3)',
      'The same, by model.',
      'short',
      { [byModel]: orZero(increase(requests, ['model'], ofKnown)) },
      { ...aDay, grafanaInterval: '1d' },
    ),
    table(
      'Incidents by alert (M9)',
      'How often it began to fire in 30 days. Its runbook in docs/runbooks has its name.',
      'short',
      onlyInPrometheus(() => 'tessera:alert_incidents:30d'),
    ),
    table(
      'Time to remedy by alert (M9)',
      'How long it fired, the mean of its incidents of 30 days.',
      's',
      onlyInPrometheus(() => 'tessera:time_to_remedy_seconds:mean30d'),
    ),
  ],
};
