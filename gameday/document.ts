import { table } from '../bench/figures';
import { commit, machine } from '../test/support/run/repository';
import type { FiredAlert, Result } from './play';
import type { Scenario } from './scenario';

/** How a run was. */
export interface Run {
  readonly command: string;
  readonly scale: number;
  readonly seconds: number;
  readonly loadBefore: string;
  readonly results: readonly Result[];
  /** Scenarios that broke off, and why. */
  readonly broken: readonly string[];
}

/** docs/game-day.md. */
export function gameDayDocument(run: Run, scenarios: readonly Scenario[]): string {
  const { results, scale } = run;
  return [
    '<!-- Written by `npm run gameday`; changes by hand are lost. -->',
    '# Game day',
    'Written by `npm run gameday` (`npm run gameday -- --help`). Each scenario runs the built service in production mode on an ' +
      'empty store, with constant real logins of both models from several clients. Prometheus and Alertmanager of Debian ' +
      'watch it, with the files of `ops/prometheus` and their times divided by the scale (`ops/prometheus/scale.mjs`). Then ' +
      'something goes wrong, until the expected alerts have reached the pager or the ticket system, and is fixed.',
    provenance(run),
    '## Summary',
    summary(results, scale),
    'Seconds are those of the drill. A rule that waits for `for: 2m` waits for ' +
      `${seconds(120 / scale)} at scale ${scale}, so multiply the time of a rule by ${scale}; times of the service itself (the first ` +
      'success, a restart) do not scale. `P` pages, `T` files a ticket. *Lost* counts logins that had begun and could not be ' +
      'finished, issued refresh tokens that are no longer valid, and redeemed codes that are not known as such; *no answer* counts ' +
      'requests in flight whose caller cannot know their result. Tickets about the budget of hours and about a full disk last as ' +
      'long as their windows; the drill does not wait for them. Scrapes and evaluations come at most every half second, and ' +
      'scrapes go through a relay, because Prometheus allows a scrape no longer than its interval. If other work kept more than ' +
      '0.3 cores busy (including the database of the stand-in), alerts of a busy machine (latency, the event loop) are reported ' +
      'here and fail nothing.',
    ...(run.broken.length === 0 ? [] : ['## Broken off', run.broken.map((why) => `- ${why}`).join('\n')]),
    ...scenarios.flatMap((scenario) => section(scenario, results, scale)),
  ].join('\n\n');
}

function provenance({ command, scale, seconds: took, loadBefore, results }: Run): string {
  const failed = results.filter(({ failures }) => failures.length > 0).length;
  return [
    `- ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, commit ${commit() ?? 'unknown'}, \`${command}\``,
    `- ${machine()}; load average before it began ${loadBefore}`,
    `- scale ${scale}; ${results.length} scenarios in ${seconds(took)}; ${failed === 0 ? 'every expectation held' : `in ${failed} an expectation failed`}`,
  ].join('\n');
}

function summary(results: readonly Result[], scale: number): string {
  const head = [
    'scenario',
    'store',
    'told after',
    'first success after',
    'silent again after',
    'lost',
    'no answer',
    '',
  ];
  const rows = results.map((result) => {
    const { scenario, store, recoveredAfterSeconds, account, failures } = result;
    const alerts = result.alerts.filter(({ isNoise }) => !isNoise);
    const ends = alerts.map(({ resolvedAfterSeconds }) => resolvedAfterSeconds ?? 0);
    return [
      scenario,
      store,
      alerts.length === 0 ? 'nobody is told' : alerts.map((alert) => told(alert)).join(', '),
      seconds(recoveredAfterSeconds),
      alerts.length === 0 ? '' : `${seconds(Math.max(0, ...ends))} (≙ ${trueTime(Math.max(0, ...ends) * scale)})`,
      String(lostOf(account)),
      String(account.inFlight),
      failures.length === 0 ? 'as expected' : '**failed**',
    ];
  });
  return table(head, rows);
}

function section({ name, title, about }: Scenario, results: readonly Result[], scale: number): string[] {
  const own = results.filter(({ scenario }) => scenario === name);
  if (own.length === 0) return [];
  return [`## ${name}: ${title}`, about, ...own.map((result) => paragraph(result, scale))];
}

function paragraph(result: Result, scale: number): string {
  const {
    store,
    causeSeconds,
    alerts,
    recoveredAfterSeconds,
    account,
    logins,
    findings,
    reasons,
    notes,
    otherBusy,
    failures,
  } = result;
  const noise = new Set(alerts.filter(({ isNoise }) => isNoise).map(({ name }) => name));
  const meant = alerts.filter(({ isNoise }) => !isNoise);
  const fired = meant.map(
    (alert) =>
      `${told(alert)} (≙ ${trueTime(alert.afterSeconds * scale)}; ${
        alert.resolvedAfterSeconds === undefined
          ? 'still open'
          : `over ${seconds(alert.resolvedAfterSeconds)} after the end`
      })`,
  );
  const found = Object.entries(findings).map(([name, count]) => `\`${name}\` (${count})`);
  const refused = Object.entries(reasons).map(([reason, count]) => `${count} × \`${reason}\``);
  const outcomes = Object.entries(logins).map(([what, count]) => `${count} × ${what}`);
  const { begun, finished, refreshTokens, refreshed, spent, stillSpent, inFlight } = account;
  return [
    `**${store}.** The cause lasted ${seconds(causeSeconds)}; other work kept ${otherBusy.toFixed(1)} cores busy.`,
    fired.length === 0 ? 'No alert fired.' : `Told: ${fired.join(', ')}.`,
    ...(noise.size === 0 ? [] : [`Because of the busy machine: ${[...noise].join(', ')}.`]),
    `Logins of the steady load meanwhile: ${outcomes.join(', ') || 'none'}.`,
    ...notes,
    `The security report names ${found.join(', ') || 'no pattern'}; reasons: ${refused.join(', ') || 'none'}.`,
    `First success ${seconds(recoveredAfterSeconds)} after the end; ${finished} of ${begun} logins that had begun were finished, ` +
      `${refreshed} of ${refreshTokens} refresh tokens were valid, ${stillSpent} of ${spent} spent codes stayed spent, ` +
      `${inFlight} redemptions had no answer.`,
    ...(failures.length === 0 ? [] : [`**Failed:** ${failures.join('; ')}.`]),
  ].join(' ');
}

function told({ name, severity, about, afterSeconds }: FiredAlert): string {
  const kind = severity === 'page' ? 'P' : 'T';
  return `${kind} ${name}${about === '' ? '' : ` (${about})`} ${seconds(afterSeconds)}`;
}

/** All that was promised and did not hold. */
export function lostOf({ begun, finished, refreshTokens, refreshed, spent, stillSpent }: Result['account']): number {
  return begun - finished + (refreshTokens - refreshed) + (spent - stillSpent);
}

function seconds(value: number): string {
  return value < 60 ? `${value.toFixed(1)} s` : `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
}

function trueTime(value: number): string {
  return value < 3_600 ? `${Math.round(value / 60)} min` : `${(value / 3_600).toFixed(1)} h`;
}
