import { shown } from './numbers';
import type { Panel } from './panel';
import type { NamedSeries } from './figures';

/** In units of the SVG's viewBox. */
export const plotSize = { width: 360, height: 180 };
const inner = { left: 46, right: 352, top: 8, bottom: 158 };
const horizontalLines = 4;

/** Positions of everything in a plot. `times`: milliseconds since the epoch; `from`, `to`: ends of the axis. */
export function plotOf(
  { unit, max, thresholds }: Panel,
  series: readonly NamedSeries[],
  times: readonly number[],
  [from, to]: readonly [number, number],
) {
  const values = series.flatMap((each) => each.values).filter((value) => value !== null);
  const bound = thresholds?.at(-1)?.from;
  const [low, high] = axisOf(values, max, bound);
  const x = (time: number) => between(inner.left, inner.right, (time - from) / Math.max(1, to - from));
  const y = (value: number) => between(inner.bottom, inner.top, (value - low) / (high - low));
  const step = (high - low) / horizontalLines;
  return {
    inner,
    yTicks: Array.from({ length: horizontalLines + 1 }, (_none, at) => {
      return { at: y(low + at * step), text: shown(Number((low + at * step).toPrecision(6)), unit) };
    }),
    xTicks: timeTicks(from, to).map((time) => ({ at: x(time), text: clockOf(time) })),
    lines: series.map((each) => lineOf(each.values, times, x, y)),
    /** Position of the objective, if there is one. */
    objective: bound !== undefined && bound > low && bound <= high ? y(bound) : undefined,
  };
}

/** With `max` (1 for a share), a section that contains the smallest value; otherwise from 0, or from below for negative values. */
function axisOf(values: readonly number[], max: number | undefined, bound: number | undefined): [number, number] {
  const least = Math.min(...values, max ?? 0);
  if (max !== undefined) {
    const lowest = Math.min(least, bound ?? max);
    // The depths of such a section: one, four, ten, twenty and forty percent.
    const depth = [0.01, 0.04, 0.1, 0.2, 0.4].find((each) => max - lowest <= each) ?? 1;
    return [max - depth, max];
  }
  const most = Math.max(...values, 0);
  const step = niceStep((most - least) / horizontalLines);
  const low = Math.floor(least / step) * step;
  return [low, low + horizontalLines * stepFrom(low, most, step)];
}

/** The largest step whose lines still fit. */
function stepFrom(low: number, most: number, step: number): number {
  return low + horizontalLines * step >= most ? step : niceStep(step * 1.01);
}

/** The next of 1, 2, 2.5, 5 and 10, times a power of ten. */
function niceStep(step: number): number {
  if (step <= 0) return 0.25;
  const power = 10 ** Math.floor(Math.log10(step));
  return power * ([1, 2, 2.5, 5, 10].find((nice) => nice * power >= step * 0.999) ?? 10);
}

/** As SVG paths; `dots`: points between two gaps. */
function lineOf(
  values: readonly (number | null)[],
  times: readonly number[],
  x: (time: number) => number,
  y: (value: number) => number,
) {
  let [path, dots] = ['', ''];
  const isThere = (at: number) => (values[at] ?? null) !== null;
  times.forEach((time, at) => {
    const value = values[at] ?? null;
    if (value === null) return;
    const place = `${x(time)} ${y(value)}`;
    if (!isThere(at - 1) && !isThere(at + 1)) dots += `M${place}h0`;
    else path += `${isThere(at - 1) ? 'L' : 'M'}${place}`;
  });
  return { path, dots };
}

const minute = 60_000;
const tickSteps = [minute, 5 * minute, 15 * minute, 30 * minute, 60 * minute, 180 * minute, 360 * minute];

/** Three to six full minutes or hours. */
function timeTicks(from: number, to: number): number[] {
  const step = tickSteps.find((each) => (to - from) / each <= 5) ?? 360 * minute;
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.floor((to - first) / step) + 1 }, (_none, at) => first + at * step);
}

const clocks = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' });

function clockOf(time: number): string {
  return clocks.format(time);
}

function between(from: number, to: number, part: number): number {
  const inside = Math.min(1, Math.max(0, part));
  return Math.round(10 * (from + (to - from) * inside)) / 10;
}
