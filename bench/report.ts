import { type Spread, ratios, spreadOf } from './figures';
import type { Measured } from './rounds';
import { cores } from './servers';
import type { Settings } from './settings';

/** One line of the table. */
export interface Figure {
  readonly what: string;
  readonly spread: Spread;
  /** Empty for a ratio. */
  readonly unit: '' | 'MiB' | 'MB' | 'ms';
  /** The most that it may be. */
  readonly goal?: number;
  readonly disturbed: boolean;
}

/** What one contender did, in figures of this machine. */
export interface Absolute {
  readonly name: string;
  readonly cpuMsPerLogin: Spread;
  readonly loginsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly peakMiB: number;
  readonly errors: number;
}

/** What one part of a run found. */
export interface Part {
  readonly title: string;
  /** What its figures say, in a paragraph of Markdown. */
  readonly about: string;
  readonly figures: readonly Figure[];
  readonly absolutes: readonly Absolute[];
  /** How its rounds were; absent where there were none. */
  readonly how?: string;
  /** How fast the machine was before each round, where that was looked at; see rounds.ts. */
  readonly calibrations: readonly number[];
}

/** CPU per login of the one to that of the other, round by round. */
export function cpuRatio(what: string, of: Measured, to: Measured, goal?: number): Figure {
  return {
    what,
    spread: ratios(cpuOf(of), cpuOf(to)),
    unit: '',
    ...(goal !== undefined && { goal }),
    disturbed: [of, to].some(({ rounds }) => rounds.some(({ disturbed }) => disturbed)),
  };
}

function cpuOf({ rounds }: Measured): number[] {
  return rounds.map(({ cpuMsPerLogin }) => cpuMsPerLogin);
}

/** The part that the rounds of some contenders make. */
export function partOf(
  text: Pick<Part, 'title' | 'about'>,
  { rounds: times, users, warmUpSeconds, seconds }: Settings,
  figures: readonly Figure[],
  measured: readonly Measured[],
): Part {
  const pinning = cores === undefined ? 'not pinned' : `server on core ${cores.server}, client on core ${cores.client}`;
  return {
    ...text,
    figures,
    how: `rounds: ${times}; users: ${users}; warm-up ${warmUpSeconds} s, counted ${seconds} s; ${pinning}`,
    absolutes: measured.map(absoluteOf),
    calibrations: measured.flatMap(({ rounds }) => rounds.map(({ calibration }) => calibration)),
  };
}

function absoluteOf(measured: Measured): Absolute {
  const { name, rounds } = measured;
  const middle = (of: (round: Measured['rounds'][number]) => number) => spreadOf(rounds.map(of)).median;
  return {
    name,
    cpuMsPerLogin: spreadOf(cpuOf(measured)),
    loginsPerSecond: middle(({ loginsPerSecond }) => loginsPerSecond),
    p50: middle(({ p50 }) => p50),
    p99: middle(({ p99 }) => p99),
    peakMiB: middle(({ peak }) => peak),
    errors: rounds.reduce((total, { errors }) => total + errors, 0),
  };
}
