import { gauge, increase, onlyInPrometheus, orZero, quantileOf, selector, top } from '../expression';
import { aMinute, exchange, failed, real, requests } from '../measures';
import type { View } from '../panel';

const storeDurations = 'tessera_store_operation_duration_seconds';
const builds = 'group by (job, instance, version) (tessera_build_info{instance=~"$instance"})';

export const debug: View = {
  name: 'debug',
  title: 'Debug',
  about: 'What exactly happens, at which step, to which client, in which process?',
  panels: [
    {
      title: 'Steps by client and outcome',
      about: 'The hundred most frequent, synthetic ones among them.',
      kind: 'table',
      unit: 'short',
      queries: [
        { of: orZero(top(100, increase(requests, ['model', 'step', 'outcome', 'client', 'synthetic']))), legend: '' },
      ],
    },
    {
      title: 'Requests by step',
      about: 'A minute, whatever their outcome.',
      kind: 'plot',
      unit: 'cpm',
      queries: [{ of: orZero(aMinute(requests, ['model', 'step'])), legend: '{{model}} {{step}}' }],
    },
    {
      title: 'Outcomes other than ok',
      about: 'A minute, the fifteen most frequent.',
      kind: 'plot',
      unit: 'cpm',
      queries: [
        {
          of: orZero(top(15, aMinute(requests, ['step', 'outcome'], { outcome: { not: 'ok' } }))),
          legend: '{{step}} {{outcome}}',
        },
      ],
    },
    {
      title: 'Failures by client',
      about: 'A minute, of every reason, the ten clients with most; without a name: the client is not known.',
      kind: 'plot',
      unit: 'cpm',
      queries: [{ of: orZero(top(10, aMinute(requests, ['client'], failed))), legend: '{{client}}' }],
    },
    {
      title: 'Redirect errors (M8)',
      about: 'A minute, by reason: redirect URIs that were refused, or that differ at the exchange.',
      kind: 'plot',
      unit: 'cpm',
      queries: [{ of: orZero(aMinute('tessera_redirect_errors_total', ['reason'])), legend: '{{reason}}' }],
    },
    {
      title: 'Code challenge methods (M6)',
      about: 'A minute, by what was asked for. All but S256 is refused (F3).',
      kind: 'plot',
      unit: 'cpm',
      queries: [{ of: orZero(aMinute('tessera_challenge_methods_total', ['method'])), legend: '{{method}}' }],
    },
    {
      title: 'Store operations',
      about: 'A minute, by operation.',
      kind: 'plot',
      unit: 'cpm',
      queries: [
        { of: orZero(aMinute(`${storeDurations}_count`, ['store', 'operation'])), legend: '{{store}} {{operation}}' },
      ],
    },
    {
      title: 'Store latency, p99',
      about: 'By operation.',
      kind: 'plot',
      unit: 's',
      queries: [{ of: quantileOf(0.99, storeDurations, ['store', 'operation']), legend: '{{store}} {{operation}}' }],
    },
    {
      title: 'Records in the store',
      about: 'By collection. Challenges live for minutes: if they pile up, the sweeper does not run.',
      kind: 'plot',
      unit: 'short',
      queries: [{ of: gauge('tessera_store_records', ['collection']), legend: '{{collection}}' }],
    },
    {
      title: 'Size of the store',
      about: 'What it takes, and what is left on its disk, as far as the database tells.',
      kind: 'plot',
      unit: 'bytes',
      queries: [
        { of: gauge('tessera_store_bytes'), legend: 'store' },
        { of: gauge('tessera_store_disk_free_bytes', [], 'min'), legend: 'free' },
      ],
    },
    {
      title: 'Bytes of the steps',
      about: 'A minute, heads and bodies, by direction.',
      kind: 'plot',
      unit: 'bytes',
      queries: [{ of: orZero(aMinute('tessera_login_bytes_total', ['direction'])), legend: '{{direction}}' }],
    },
    {
      title: 'Signing keys',
      about: 'How old they are. docs/operations.md says when to rotate.',
      kind: 'table',
      unit: 's',
      queries: [{ of: gauge('tessera_signing_key_age_seconds', ['alg', 'state']), legend: '' }],
    },
    {
      title: 'Audit events',
      about:
        'A minute. Lost ones did not fit into the queue: the store is too slow for them. Trimmed ones went before their time, because the trail is full.',
      kind: 'plot',
      unit: 'cpm',
      queries: [
        { of: orZero(aMinute('tessera_audit_events_total')), legend: 'kept' },
        { of: orZero(aMinute('tessera_audit_events_lost_total')), legend: 'lost' },
        { of: orZero(aMinute('tessera_audit_trimmed_total')), legend: 'trimmed' },
      ],
    },
    {
      title: 'Size of the audit trail',
      about: 'Of AUDIT_MAX_MB; then the oldest events go. Security events have half of it for themselves.',
      kind: 'plot',
      unit: 'bytes',
      queries: [{ of: orZero(gauge('tessera_audit_bytes')), legend: 'audit trail' }],
    },
    {
      title: 'Credential-like text (M7)',
      about:
        'Stopped by the log’s guard: what we would have logged ourselves (F7), and what callers put into requests.',
      kind: 'figure',
      unit: 'short',
      window: 'shown',
      queries: [{ of: orZero(increase('tessera_redactions_total', ['source'])), legend: '{{source}}' }],
    },
    {
      title: 'Builds',
      about: 'How many processes run which version.',
      kind: 'table',
      unit: 'short',
      queries: [{ of: gauge('tessera_build_info', ['version', 'node', 'store'], 'sum'), legend: '' }],
    },
    {
      title: 'Exchange failures by version',
      about: 'Of the exchanges of each version, the share that failed: a new one beside the old one.',
      kind: 'plot',
      unit: 'percentunit',
      queries: [{ of: onlyInPrometheus(failuresByVersion), legend: '{{version}}' }],
    },
  ],
};

/** A version's own are those of the processes that say they are of it. */
function failuresByVersion(window: string): string {
  const of = (counted: string) =>
    `sum by (version) (rate(${counted}[${window}]) * on (job, instance) group_left (version) ${builds})`;
  const all = of(selector(requests, { ...real, ...exchange }));
  return `((${of(selector(requests, { ...failed, ...exchange }))}) or (${all}) * 0) / (${all})`;
}
