import { isAuditEventType } from '../../operations/audit/audit-event';
import { auditNews } from '../../operations/audit/audit-news';
import type { ShownEvent } from '../../operations/audit/audit-reader';
import type { SecurityReport, Totals } from '../../operations/audit/security-report.schemas';
import { auditQuery, timeIn } from '../../operations/admin/audit-query';
import { flagField, numberField, ruledField } from '../../platform/fields/field-kinds';
import { readFields } from '../../platform/fields/fields';
import { type Arguments, isSwitchedOn, spelled } from './arguments';
import { type Command, noArgument } from './command';
import { UsageError } from './usage-error';

const usualLimit = 20;

const since = ruledField(() => true, 'a time', 'from then on: a date, a time, or so long ago: 90s, 15m, 1h, 7d');
const filters = {
  type: ruledField(isAuditEventType, 'a type of docs/audit.md', 'of this type alone, as docs/audit.md lists them'),
  client_id: ruledField(() => true, 'a client_id', 'of this client alone'),
  sub: ruledField(() => true, 'a subject', 'of this subject alone'),
  ip: ruledField(() => true, 'an IP address', 'from this IP address alone'),
  since,
  limit: numberField(1, 1_000, `how many of the newest, ${usualLimit} by default`),
};
const tailOptions = { ...filters, follow: flagField('goes on with what happens, until it is interrupted') };
const eraseOptions = { sub: ruledField(() => true, 'a subject', 'whom to forget: the sub of the tokens') };

export const auditCommands: readonly Command[] = [
  {
    words: 'audit tail',
    about: 'what happened last',
    notes:
      'The oldest first: time, type, model, reason or outcome, client, subject, IP address. With --json --follow an event a line.',
    options: tailOptions,
    run: async (given, { audit, clock, say, interruption }) => {
      noArgument(given);
      assertValues(given);
      const isFollowed = isSwitchedOn(given, 'follow');
      const { follow: _follow, ...values } = given.values;
      const { limit = usualLimit, ...asked } = readFields(filters, values);
      const query = auditQuery(asked, clock.now());
      const { items } = await audit.page(query, limit);
      const [data, lines] = [items, items.toReversed().map(lineOf)];
      if (!isFollowed) return { json: { data }, lines };
      const tell = (events: readonly ShownEvent[]) => {
        for (const event of events) say(lineOf(event), event);
      };
      tell(items.toReversed());
      for await (const events of auditNews(audit, query, clock, interruption())) tell(events);
      return { lines: [] };
    },
  },
  {
    words: 'audit erase',
    about: 'take a person out of the audit trail',
    notes: 'Subject, IP addresses and user agents go; the events stay, so that counts stay what they were.',
    options: eraseOptions,
    run: async (given, { erasure, events }) => {
      noArgument(given);
      assertValues(given);
      const { sub } = readFields(eraseOptions, given.values);
      if (sub === undefined) throw new UsageError('--sub is missing');
      const erased = await erasure.erase(sub, events);
      return { json: { erased }, lines: [`erased from ${erased} events`] };
    },
  },
  {
    words: 'security-report',
    about: 'what was suspicious, in the last hour or since a time',
    options: { since },
    run: async (given, { reports, clock }) => {
      noArgument(given);
      assertValues(given);
      const asked = readFields({ since }, given.values);
      const report = await reports.report(timeIn('since', asked.since, clock.now()));
      return { json: report, lines: linesOfReport(report) };
    },
  },
];

/** Throws: {@link UsageError} for an empty value, which would be taken for none. */
function assertValues({ values }: Arguments): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === null) throw new UsageError(`--${spelled(name)} needs a value`);
  }
}

function lineOf({ time, type, model, reason, outcome, client_id: clientId, sub, ip, count }: ShownEvent): string {
  const columns = [time, type, model, reason ?? outcome, clientId, sub, ip].map((column) => column ?? '-');
  return `${columns.join('  ')}${count === undefined ? '' : `  ×${count}`}`;
}

function linesOfReport({ since: from, until, events, totals, failures, findings }: SecurityReport): string[] {
  const reasons = Object.entries(failures).map(([reason, count]) => `${reason} ${count}`);
  return [
    `${from} to ${until}, ${events.examined} events${events.complete ? '' : ', the newest of more'}`,
    ...Object.entries(totals).map(([name, sum]) => lineOfTotals(name, sum)),
    ...(reasons.length === 0 ? [] : [`failures: ${reasons.join(', ')}`]),
    ...(findings.length === 0 ? ['nothing suspicious'] : []),
    ...findings.flatMap(({ name, threshold, count, evidence }) => [
      `${name}: ${count}, above ${threshold}`,
      ...Object.entries(evidence).map(([field, value]) => `  ${field}: ${shown(value)}`),
    ]),
  ];
}

function lineOfTotals(name: string, { success, failure, failure_rate: rate }: Totals): string {
  return `${name}: ${success} succeeded, ${failure} failed (${(rate * 100).toFixed(2)} %)`;
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, count]) => `${name} ${String(count)}`)
    .join(', ');
}
