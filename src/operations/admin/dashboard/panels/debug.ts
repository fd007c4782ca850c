import { gauge, increase, onlyInPrometheus, orZero, perMinute, quantileOf, rate, selector, top } from '../expression';
import { exchange, failed, real, requests, storeDurations } from '../measures';
import { countPlot, figure, legendOf, plot, table, type View } from '../panel';

const builds = 'group by (job, instance, version) (tessera_build_info{instance=~"$instance"})';

export const debug: View = {
  name: 'debug',
  title: 'Debug',
  about: 'What exactly happens, at which step, to which client, in which process?',
  panels: [
    table(
      'Steps by client and outcome',
      'The hundred most frequent, synthetic ones among them.',
      'short',
      orZero(top(100, increase(requests, ['model', 'step', 'outcome', 'client', 'synthetic']))),
    ),
    countPlot('Requests by step', 'A minute, whatever their outcome.', requests, ['model', 'step']),
    countPlot('Outcomes other than ok', 'A minute, the fifteen most frequent.', requests, ['step', 'outcome'], {
      where: { outcome: { not: 'ok' } },
      most: 15,
    }),
    countPlot(
      'Failures by client',
      'A minute, of every reason, the ten clients with most; without a name: the client is not known.',
      requests,
      ['client'],
      { where: failed, most: 10 },
    ),
    countPlot(
      'Redirect errors (M8)',
      'A minute, by reason: redirect URIs that were refused, or that differ at the exchange.',
      'tessera_redirect_errors_total',
      ['reason'],
    ),
    countPlot(
      'Code challenge methods (M6)',
      'A minute, by what was asked for. All but S256 is refused (F3).',
      'tessera_challenge_methods_total',
      ['method'],
    ),
    countPlot('Store operations', 'A minute, by operation.', `${storeDurations}_count`, ['store', 'operation']),
    plot('Store latency, p99', 'By operation.', 's', {
      [legendOf(['store', 'operation'])]: quantileOf(0.99, storeDurations, ['store', 'operation']),
    }),
    plot(
      'Records in the store',
      'By collection. Challenges live for minutes: if they pile up, the sweeper does not run.',
      'short',
      { [legendOf(['collection'])]: gauge('tessera_store_records', ['collection']) },
    ),
    plot('Size of the store', 'What it takes, and what is left on its disk, as far as the database tells.', 'bytes', {
      store: gauge('tessera_store_bytes'),
      free: gauge('tessera_store_disk_free_bytes', [], 'min'),
    }),
    countPlot(
      'Bytes of the steps',
      'A minute, heads and bodies, by direction.',
      'tessera_login_bytes_total',
      ['direction'],
      { unit: 'bytes' },
    ),
    table(
      'Signing keys',
      'How old they are. docs/operations.md says when to rotate.',
      's',
      gauge('tessera_signing_key_age_seconds', ['alg', 'state']),
    ),
    plot(
      'Audit events',
      'A minute. Lost ones did not fit into the queue: the store is too slow for them. Trimmed ones went before their time, because the trail is full.',
      'cpm',
      {
        kept: orZero(perMinute(rate('tessera_audit_events_total'))),
        lost: orZero(perMinute(rate('tessera_audit_events_lost_total'))),
        trimmed: orZero(perMinute(rate('tessera_audit_trimmed_total'))),
      },
    ),
    plot(
      'Size of the audit trail',
      'Of AUDIT_MAX_MB; then the oldest events go. Security events have half of it for themselves.',
      'bytes',
      { 'audit trail': orZero(gauge('tessera_audit_bytes')) },
    ),
    figure(
      'Credential-like text (M7)',
      'Stopped by the log’s guard: what we would have logged ourselves (F7), and what callers put into requests.',
      'short',
      { [legendOf(['source'])]: orZero(increase('tessera_redactions_total', ['source'])) },
      { window: 'shown' },
    ),
    table(
      'Builds',
      'How many processes run which version.',
      'short',
      gauge('tessera_build_info', ['version', 'node', 'store'], 'sum'),
    ),
    plot(
      'Exchange failures by version',
      'Of the exchanges of each version, the share that failed: a new one beside the old one.',
      'percentunit',
      { [legendOf(['version'])]: onlyInPrometheus(failuresByVersion) },
    ),
  ],
};

/** Failures by version: joined with the processes that report the version. */
function failuresByVersion(window: string): string {
  const of = (counted: string) =>
    `sum by (version) (rate(${counted}[${window}]) * on (job, instance) group_left (version) ${builds})`;
  const all = of(selector(requests, { ...real, ...exchange }));
  return `((${of(selector(requests, { ...failed, ...exchange }))}) or (${all}) * 0) / (${all})`;
}
