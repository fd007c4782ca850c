import { setTimeout as delay } from 'node:timers/promises';
import { cpuMs, descendants, machineCpuMs } from '../test/support/run/processes';
import { type SecurityReport, securityReport } from './admin';
import type { ToldAlert } from '../test/support/operations/alert-receiver';
import { Cleanup } from '../test/support/run/cleanup';
import type { Account } from './ledger';
import type { Model, Outcome } from './load';
import type { ExpectedAlert, Scenario } from './scenario';
import type { StoreName } from './settings';
import { createContext, type Context, type ContextSettings } from './context';

/** An alert that was told while a scenario was played, in seconds. */
export interface FiredAlert {
  readonly name: string;
  readonly severity: string;
  /** The model and the client, where it is about one. */
  readonly about: string;
  /** After the cause began. */
  readonly afterSeconds: number;
  /** After the cause had gone; undefined while it still fires. */
  readonly resolvedAfterSeconds: number | undefined;
  /** Whether it says of the machine that it was busy with something else, and nothing of the scenario. */
  readonly isNoise: boolean;
}

/** What came of one scenario on one store. */
export interface Result {
  readonly scenario: string;
  readonly store: StoreName;
  readonly causeSeconds: number;
  readonly alerts: readonly FiredAlert[];
  /** Seconds from the end of the cause to the first success of what had failed. */
  readonly recoveredAfterSeconds: number;
  /** Logins of the steady load: those that began before the cause's end, by what came of them. */
  readonly logins: Readonly<Record<string, number>>;
  readonly account: Account;
  readonly findings: Readonly<Record<string, number>>;
  readonly reasons: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
  /** Cores that work of others kept busy meanwhile, the database among them. */
  readonly otherBusy: number;
  /** The expectations that failed. */
  readonly failures: readonly string[];
}

const held = 10;
const warmUpMs = 6_000;
const recoversWithinMs = 30_000;
/** Real seconds on top of what scaled rules take: of intervals that do not shrink, and of a busy machine. */
const slackMs = 15_000;
const minute = 60_000;
/** Longer than a worker keeps events to itself. */
const toldToTheTrailMs = 2_000;

/** These stay for as long as their window of hours is; nobody waits for their end here. */
const lingering: ReadonlySet<string> = new Set(['ExchangeBudgetBurnSlow', 'LatencyBudgetBurnSlow', 'StoreDiskLow']);

/**
 * What a machine that is busy with something else makes fire: these count where it was not, or where they are expected. At this
 * scale a scrape that gets no CPU for half a second is an outage of a minute.
 */
const ofBusyMachines: ReadonlySet<string> = new Set([
  'TesseraDown',
  'ClientCodesUnredeemed',
  'LatencyBudgetBurnFast',
  'LatencyBudgetBurnSlow',
  'StoreSlow',
  'EventLoopDelayed',
]);
/** Cores of other work above which it was. */
const disturbedAbove = 0.3;

/** Plays a scenario on an empty store from its first login to its last alert, and puts everything away. */
export async function play(
  scenario: Scenario,
  store: StoreName,
  settings: ContextSettings,
  say: (text: string) => void,
): Promise<Result> {
  const cleanup = new Cleanup();
  try {
    const context = await createContext(scenario, settings, cleanup);
    return await playOn(context, scenario, store, say);
  } finally {
    await cleanup.run();
  }
}

async function playOn(
  context: Context,
  scenario: Scenario,
  store: StoreName,
  say: (text: string) => void,
): Promise<Result> {
  const { load, monitoring, service, scale } = context;
  const { alerts } = monitoring.receiver;
  const before = usage();
  load.start();
  await delay(Math.max(warmUpMs, (10 * minute) / scale));
  await load.hold(held);
  const failures: string[] = [];

  say('the cause begins');
  const [begunAt, since] = [performance.now(), new Date()];
  const cause = await scenario.begin(context);
  const expected = scenario.expects(store);
  const toldWithinMs = expected.length === 0 ? 0 : (20 * minute) / scale + slackMs;
  // Silence is only proven when every window of a ticket has had its time.
  const lastsMs = expected.length === 0 ? Math.max(8_000, (30 * minute) / scale) : (scenario.lastsAtLeast ?? 3) * 1_000;
  while (
    performance.now() - begunAt < lastsMs ||
    (performance.now() - begunAt < toldWithinMs && expected.some((alert) => !isTold(alert, alerts)))
  ) {
    await delay(50);
  }
  for (const alert of expected) if (!isTold(alert, alerts)) failures.push(`${nameOf(alert)} did not fire`);

  say('the cause ends');
  const endsAt = performance.now();
  await cause.end();
  const endedAt = performance.now();
  const recovery = await recoveredAfter(context, cause.recovered, endedAt);
  if (recovery === undefined) failures.push('no login succeeded any more');
  // Before what follows, which is suspicious itself.
  await delay(toldToTheTrailMs);
  const report = await securityReport(service.url, since).catch((error: unknown) => {
    failures.push(String(error));
    return { findings: [], failures: {} };
  });
  say('what was promised is looked at');
  const account = await load.ledger.settle(context.visited);
  failures.push(...lossesOf(account));

  const silentWithinMs = (75 * minute) / scale + slackMs;
  const going = () => stillFiring(monitoring, alerts);
  while (performance.now() - endedAt < silentWithinMs && (await going()).length > 0) await delay(50);
  const notEnded = await going();
  const otherBusy = othersSince(before);
  const isNoise = (alert: ToldAlert) =>
    otherBusy > disturbedAbove && ofBusyMachines.has(alert.name) && !expected.some((each) => isTold(each, [alert]));
  const meant = alerts.filter((alert) => !isNoise(alert));
  failures.push(
    ...unexpectedAtFirst(meant, load.outcomes, begunAt),
    ...notEnded.filter((alert) => meant.includes(alert)).map(({ name }) => `${name} did not end`),
    ...unexpected(meant, expected, scenario.mayFire ?? []),
  );
  const observed = await cause.observed?.();
  const wanted = scenario.findings?.(store) ?? [];
  const found = (name: string) => report.findings.some((finding) => finding.name === name);
  failures.push(...wanted.filter((name) => !found(name)).map((name) => `the report does not name ${name}`));
  failures.push(...(observed?.failures ?? []));

  const logins = counted(load.outcomes.filter((each) => each.endedAt >= begunAt && each.begunAt < endedAt));
  if (!(scenario.disturbsOthers ?? false)) {
    failures.push(
      ...Object.entries(logins).flatMap(([what, count]) => (what === 'ok' ? [] : [`others: ${count} × ${what}`])),
    );
  }
  return {
    scenario: scenario.name,
    store,
    causeSeconds: (endsAt - begunAt) / 1000,
    alerts: alerts.map((alert) => ({ ...firedAlert(alert, begunAt, endedAt), isNoise: isNoise(alert) })),
    recoveredAfterSeconds: recovery ?? Number.NaN,
    logins,
    account,
    ...shownReport(report),
    notes: [...(observed?.notes ?? []), ...endsUntold(alerts, notEnded)],
    otherBusy,
    failures,
  };
}

/** What was wrong before anything had been done. */
function unexpectedAtFirst(alerts: readonly ToldAlert[], outcomes: readonly Outcome[], begunAt: number): string[] {
  const refused = outcomes
    .filter(({ result, endedAt }) => result !== 'ok' && endedAt < begunAt)
    .map(({ result }) => `before the cause: ${result}`);
  const told = alerts.filter(({ firingAt }) => firingAt < begunAt).map(({ name }) => `before the cause: ${name}`);
  return [...told, ...new Set(refused)];
}

/** Milliseconds of CPU so far, of this process and all that it started, and of the machine. */
function usage() {
  return { at: performance.now(), own: cpuMs(descendants(process.pid)), machine: machineCpuMs() };
}

/** Cores that others kept busy. Processes that have ended since count as others. */
function othersSince(before: ReturnType<typeof usage>): number {
  const now = usage();
  return Math.max(0, (now.machine - before.machine - (now.own - before.own)) / (now.at - before.at));
}

async function recoveredAfter(
  { load }: Context,
  recovered: (() => Promise<void>) | undefined,
  endedAt: number,
): Promise<number | undefined> {
  await recovered?.();
  const own = performance.now();
  const models: Model[] = ['pkce', 'wallet'];
  const first = await Promise.all(models.map((model) => load.successAfter(model, endedAt, recoversWithinMs)));
  if (first.includes(undefined)) return undefined;
  if (recovered !== undefined) return (own - endedAt) / 1000;
  return (Math.max(...first.map((outcome) => outcome?.endedAt ?? 0)) - endedAt) / 1000;
}

function lossesOf({ begun, finished, refreshTokens, refreshed, spent, stillSpent, losses }: Account): string[] {
  const lost = [
    { what: 'begun logins', count: begun - finished },
    { what: 'refresh tokens', count: refreshTokens - refreshed },
    { what: 'spent codes', count: spent - stillSpent },
  ].filter(({ count }) => count > 0);
  return lost.map(({ what, count }) => `${count} ${what} were lost: ${losses.join('; ')}`);
}

function isTold({ name, or = [], model, client }: ExpectedAlert, alerts: readonly ToldAlert[]): boolean {
  return alerts.some(
    (alert) =>
      (alert.name === name || or.includes(alert.name)) &&
      (model === undefined || (alert.labels['model'] ?? model) === model) &&
      (client === undefined || alert.labels['client'] === client),
  );
}

function nameOf({ name, model, client }: ExpectedAlert): string {
  return [name, model, client].filter((part) => part !== undefined).join(' ');
}

function isOpen({ name, resolvedAt }: ToldAlert): boolean {
  return resolvedAt === undefined && !lingering.has(name);
}

/** Of the alerts whose end nobody was told, those that Prometheus says go on. */
async function stillFiring({ query }: Context['monitoring'], alerts: readonly ToldAlert[]): Promise<ToldAlert[]> {
  const open = alerts.filter(isOpen);
  if (open.length === 0) return [];
  const firing = await query('ALERTS{alertstate="firing"}');
  return open.filter((alert) => firing.some(({ labels }) => isSame(alert, labels)));
}

/** `series`: the labels of a series of `ALERTS`, which are those that were told and two of its own. Source: Prometheus, Alerting rules. */
function isSame({ labels: told }: ToldAlert, series: Readonly<Record<string, string>>): boolean {
  const ofSeries = new Set(['__name__', 'alertstate']);
  return Object.entries(series).every(([name, value]) => ofSeries.has(name) || told[name] === value);
}

/** Alertmanager tells of no end while something else silences the alert. */
function endsUntold(alerts: readonly ToldAlert[], notEnded: readonly ToldAlert[]): string[] {
  const names = new Set(alerts.filter((alert) => isOpen(alert) && !notEnded.includes(alert)).map(({ name }) => name));
  return names.size === 0
    ? []
    : [`Ended without a notification, because something else silenced it: ${[...names].join(', ')}.`];
}

function unexpected(
  alerts: readonly ToldAlert[],
  expected: readonly ExpectedAlert[],
  mayFire: readonly string[],
): string[] {
  const fitting = (alert: ToldAlert) => mayFire.includes(alert.name) || expected.some((each) => isTold(each, [alert]));
  return alerts
    .filter((alert) => !fitting(alert))
    .map(({ name, labels }) => `${nameOf({ name, ...labels })} fired unexpectedly`);
}

function firedAlert({ name, severity, labels, firingAt, resolvedAt }: ToldAlert, begunAt: number, endedAt: number) {
  return {
    name,
    severity,
    about: [labels['model'], labels['client']].filter((part) => part).join(' '),
    afterSeconds: (firingAt - begunAt) / 1000,
    resolvedAfterSeconds: resolvedAt === undefined ? undefined : (resolvedAt - endedAt) / 1000,
  };
}

function counted(outcomes: readonly Outcome[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { result } of outcomes) counts.set(result, (counts.get(result) ?? 0) + 1);
  return Object.fromEntries([...counts].toSorted(([, a], [, b]) => b - a));
}

function shownReport({ findings, failures }: Pick<SecurityReport, 'findings' | 'failures'>) {
  const names = new Map<string, number>();
  for (const { name, count } of findings) names.set(name, (names.get(name) ?? 0) + count);
  return { findings: Object.fromEntries(names), reasons: failures };
}
