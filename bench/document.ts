import { type Spread, spreadOf, table } from './figures';
import type { Absolute, Figure, Part } from './report';
import { commit, machine } from '../test/support/run/repository';
import { disturbedAbove } from './quiet';

/** A part as it is kept until it is measured again. */
export interface KeptPart extends Part {
  readonly measured: Provenance;
}

/** When and where a part was measured. */
export interface Provenance {
  readonly at: string;
  readonly commit: string;
  readonly machine: string;
}

export function provenance(): Provenance {
  return {
    at: new Date().toISOString().slice(0, 10),
    commit: commit() ?? 'unknown',
    machine: machine(),
  };
}

/** The table of a run, for a terminal. */
export function figuresTable(parts: readonly Part[]): string {
  const rows = parts.flatMap(({ figures }) => figures.map(figureRow));
  return table(['figure', 'median', 'least to most', 'goal'], rows);
}

/** docs/performance.md. */
export function performanceDocument(parts: readonly KeptPart[]): string {
  const calibrations = parts.flatMap((part) => part.calibrations);
  return [
    '<!-- Written by `npm run bench`; what is changed here by hand is lost. -->',
    '# Performance',
    'Written by `npm run bench`; `npm run bench -- --help` says what can be measured beside the usual. Ratios compare two ' +
      'servers that took turns in one run, as the median over the rounds; they carry over to other machines better than ' +
      'absolute figures, which stand at the end. What is measured is the built service with its log, metrics and security ' +
      'headers on. On the embedded store every answered request is on the disk: nothing about durability is relaxed, in ' +
      'the floor neither. Before each round a wrong proof and a replay must be refused, and of eight requests that redeem ' +
      'one challenge at once exactly one must get tokens; errors during a round fail the run.',
    ...parts.map(section),
    '## Noise',
    `A round counts as disturbed (marked \\*) when other work used more than ${disturbedAbove} of a core all through it. ${noise(calibrations)}`,
    '## Absolute figures',
    'Of the machine named above alone. CPU is of all threads of the server and its children; latencies are of whole ' +
      'logins at saturation, where every server is as busy as its core, so they say no more than the throughput does.',
    absoluteTable(parts.flatMap(({ absolutes }) => absolutes)),
  ].join('\n\n');
}

function section({ title, about, figures, how, measured }: KeptPart): string {
  const { at, commit: of, machine: on } = measured;
  const rows = figures.map(figureRow);
  return [
    `## ${title}`,
    about,
    table(['figure', 'median', 'least to most', 'goal'], rows),
    `${at}, commit ${of}, ${on}${how === undefined ? '' : `; ${how}`}.`,
  ].join('\n\n');
}

function figureRow({ what, spread, unit, goal, disturbed }: Figure): string[] {
  const shown = (value: number) => (unit === '' ? value.toFixed(2) : `${value.toFixed(0)} ${unit}`);
  return [
    what,
    `${shown(spread.median)}${disturbed ? ' \\*' : ''}`,
    range(spread, shown),
    goal === undefined ? '' : `≤ ${unit === '' ? goal : `${goal} ${unit}`}`,
  ];
}

function absoluteTable(absolutes: readonly Absolute[]): string {
  const head = [
    'server',
    'CPU ms a login',
    'least to most',
    'logins a second',
    'p50 ms',
    'p99 ms',
    'peak MiB',
    'errors',
  ];
  const rows = absolutes.map(({ name, cpuMsPerLogin, loginsPerSecond, p50, p99, peakMiB, errors }) => [
    name,
    cpuMsPerLogin.median.toFixed(3),
    range(cpuMsPerLogin, (value) => value.toFixed(3)),
    loginsPerSecond.toFixed(0),
    p50.toFixed(1),
    p99.toFixed(1),
    peakMiB.toFixed(0),
    String(errors),
  ]);
  return table(head, rows);
}

function noise(calibrations: readonly number[]): string {
  if (calibrations.length === 0) return '';
  const { median, least, most } = spreadOf(calibrations);
  const percent = ((most / least - 1) * 100).toFixed(0);
  return (
    `A fixed piece of work, done before each round, took ${least.toFixed(0)} to ${most.toFixed(0)} ms of CPU ` +
    `(median ${median.toFixed(0)}): the machine's speed differed by ${percent} %.`
  );
}

function range({ least, most }: Spread, shown: (value: number) => string): string {
  return least === most ? '' : `${shown(least)} to ${shown(most)}`;
}
