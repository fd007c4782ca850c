import { describe, expect, it } from '@jest/globals';
import { shown } from './numbers';
import type { Panel } from './panel';
import { plotOf } from './plot';

const panel: Panel = { title: 'A plot', about: '', kind: 'plot', unit: 'short', queries: [] };
const ends = [0, 60_000] as const;
const times = [0, 20_000, 40_000, 60_000];

function plotted(values: readonly (number | null)[], changes: Partial<Panel> = {}) {
  return plotOf({ ...panel, ...changes }, [{ name: 'a', labels: {}, values }], times, ends);
}

describe('a plot', () => {
  it('given values, when they are plotted, then the line goes from edge to edge, and 0 is at the bottom', () => {
    const { lines, yTicks } = plotted([0, 4, 8, 0]);

    expect(lines).toEqual([{ path: 'M46 158L148 83L250 8L352 158', dots: '' }]);
    expect(yTicks.map(({ text }) => text)).toEqual(['0', '2', '4', '6', '8']);
  });

  it('given gaps, when they are plotted, then the line stops, and what stands alone is a dot', () => {
    const { lines } = plotted([8, null, 8, 8]);

    expect(lines).toEqual([{ path: 'M250 8L352 8', dots: 'M46 8h0' }]);
  });

  it('given no value at all, when it is plotted, then there are axes and no line', () => {
    const { lines, yTicks } = plotted([null, null, null, null]);

    expect(lines).toEqual([{ path: '', dots: '' }]);
    expect(yTicks.map(({ text }) => text)).toEqual(['0', '0.25', '0.5', '0.75', '1']);
  });

  it.each([
    [[1, 1, 1, 1], '99 %'],
    [[1, 0.98, 1, 1], '96 %'],
    [[1, 0.5, 1, 1], '0 %'],
  ])('given shares of %j, when they are plotted, then the axis begins at %s', (values, lowest) => {
    const { yTicks } = plotted(values, { unit: 'percentunit', max: 1 });

    expect([yTicks[0]?.text, yTicks.at(-1)?.text]).toEqual([lowest, '100 %']);
  });

  it.each([0.0001, 0.7, 1, 3, 9.99, 17, 250, 123_456, 1e12])(
    'given at most %d, when it is plotted, then it fits',
    (most) => {
      const { lines } = plotted([0, most, 0, 0]);

      const [, y] = /^M46 158L148 ([\d.]+)L/.exec(lines[0]?.path ?? '') ?? [];
      expect(Number(y)).toBeGreaterThanOrEqual(8);
      expect(Number(y)).toBeLessThan(100);
    },
  );

  it('given less than 0, when it is plotted, then the axis goes down to it', () => {
    const { lines } = plotted([-4, 4, 0, 0]);

    expect(lines[0]?.path).toMatch(/^M46 158L148 8L/);
  });

  it('given an objective, when it lies on the axis, then its line is drawn', () => {
    const thresholds = [
      { from: 0, level: 'good' },
      { from: 6, level: 'bad' },
    ] as const;

    expect(plotted([0, 8, 8, 8], { thresholds }).objective).toBe(45.5);
    expect(plotted([0, 1, 1, 1], { thresholds }).objective).toBeUndefined();
  });
});

describe('a figure in words', () => {
  it.each([
    [null, 'short', '–'],
    [0, 'short', '0'],
    [1_234_567, 'short', '1.23 M'],
    [0.9995, 'percentunit', '99.95 %'],
    [1, 'percentunit', '100 %'],
    [-2.5, 'percentunit', '−250 %'],
    [0.0004, 's', '400 µs'],
    [0.0123, 's', '12.3 ms'],
    [1.5, 's', '1.5 s'],
    [7_776_000, 's', '90 d'],
    [1_536, 'bytes', '1.5 KiB'],
    [12, 'cpm', '12/min'],
    [0, 'bool_yes_no', 'no'],
    [1, 'bool_yes_no', 'yes'],
  ] as const)('given %j of %s, when it is shown, then it is %j', (value, unit, text) => {
    expect(shown(value, unit)).toBe(text);
  });
});
