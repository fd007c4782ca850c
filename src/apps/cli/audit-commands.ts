import { isAuditEventType } from '../../operations/audit/audit-event';
import { auditNews } from '../../operations/audit/audit-news';
import type { ShownEvent } from '../../operations/audit/audit-reader';
import type { Verification } from '../../operations/audit/audit-verification';
import type { SecurityReport, Totals } from '../../operations/audit/security-report.schemas';
import { auditQuery, timeIn } from '../../operations/admin/audit-query';
import { flagField, numberField, ruledField } from '../../platform/fields/field-kinds';
import { isSwitchedOn } from './arguments';
import { type Command, optionsIn } from './command';
import { UsageError } from './usage-error';

const usualLimit = 20;

const since = ruledField(
  () => true,
  'a time',
  'only events since then: a date, a time, or a time ago: 90s, 15m, 1h, 7d',
);
const filters = {
  type: ruledField(isAuditEventType, 'a type of docs/audit.md', 'only this type of docs/audit.md'),
  client_id: ruledField(() => true, 'a client_id', 'only of this client'),
  sub: ruledField(() => true, 'a subject', 'only of this subject'),
  ip: ruledField(() => true, 'an IP address', 'only from this IP address'),
  since,
  limit: numberField(1, 1_000, `how many of the newest, ${usualLimit} by default`),
};
const tailOptions = { ...filters, follow: flagField('prints new events until it is interrupted') };
const eraseOptions = { sub: ruledField(() => true, 'a subject', 'the subject to erase: the sub of its tokens') };

export const auditCommands: readonly Command[] = [
  {
    words: 'audit tail',
    about: 'what happened last',
    notes:
      'The oldest first: time, type, model, reason or outcome, client, subject, IP address, actor. --json --follow: one a line.',
    options: tailOptions,
    run: async (given, { audit, clock, say, interruption }) => {
      const isFollowed = isSwitchedOn(given, 'follow');
      const { follow: _follow, ...values } = given.values;
      const { limit = usualLimit, ...asked } = optionsIn({ ...given, values }, filters);
      const query = auditQuery(asked, clock.now());
      const { upTo } = await audit.allAfter(query, 0);
      const { items } = await audit.page(query, limit);
      if (!isFollowed) return { json: { data: items }, lines: items.toReversed().map(lineOf) };
      const print = (events: readonly ShownEvent[]) => {
        for (const event of events) say(lineOf(event), event);
      };
      print(items.filter(({ seq }) => seq <= upTo).toReversed());
      for await (const events of auditNews(audit, query, upTo, interruption())) print(events);
      return { lines: [] };
    },
  },
  {
    words: 'audit erase',
    about: 'erase an end-user from the audit trail',
    notes: 'Subject, IP addresses and user agents are removed; the events stay, so that counts do not change.',
    options: eraseOptions,
    run: async (given, { erasure, events }) => {
      const { sub } = optionsIn(given, eraseOptions);
      if (sub === undefined) throw new UsageError('--sub is missing');
      const erased = await erasure.erase(sub, events);
      return { json: { erased }, lines: [`erased from ${erased} events`] };
    },
  },
  {
    words: 'audit verify',
    about: 'verify that the audit trail is what was written',
    notes: 'Exits with 0 if it is whole, and with 1 if not: then with a line for each fault, and the events around it.',
    options: {},
    run: async (given, { verification }) => {
      optionsIn(given, {});
      const found = await verification.verify();
      return { json: found, lines: linesOfVerification(found), isRefused: !found.whole };
    },
  },
  {
    words: 'security-report',
    about: 'report suspicious events of the last hour, or since a time',
    options: { since },
    run: async (given, { reports, clock }) => {
      const { since: text } = optionsIn(given, { since });
      const report = await reports.report(timeIn('since', text, clock.now()));
      return { json: report, lines: linesOfReport(report) };
    },
  },
];

function lineOf({ time, type, model, reason, outcome, client_id, sub, ip, count, actor }: ShownEvent): string {
  const columns = [time, type, model, reason ?? outcome, client_id, sub, ip].map((column) => column ?? '-');
  const by = actor === undefined ? '' : `  by ${actor.type} ${actor.name}`;
  return `${columns.join('  ')}${by}${count === undefined ? '' : `  ×${count}`}`;
}

function linesOfVerification({ whole, from, to, events, faults, unsealed_from: unsealed }: Verification): string[] {
  return [
    `${whole ? 'whole' : 'not whole'}: ${events} events, seq ${from} to ${to}`,
    ...faults.map(({ kind, after_seq: after, before_seq: before }) => `${kind}: behind ${after}, before ${before}`),
    ...(unsealed === undefined ? [] : [`not sealed yet: from ${unsealed} on`]),
  ];
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
