import { describe, expect, it } from '@jest/globals';
import { type Figure, TimeSeries, sampleEveryMs } from './time-series';

const minute = 60_000;
const day = 24 * 60 * minute;

/** Samples as the service takes them, of one counter that rises by 1. */
function filled(count: number): TimeSeries {
  const timeSeries = new TimeSeries();
  for (let at = 0; at < count; at += 1) timeSeries.add({ time: at * sampleEveryMs, figures: [['logins', {}, at]] });
  return timeSeries;
}

describe('the time series of samples', () => {
  it('given two days of samples, when they are read, then a day is there, and an hour of it in full', () => {
    const last = (2 * day) / sampleEveryMs;
    const now = last * sampleEveryMs;

    const { times, since } = filled(last + 1).read(0, 100_000);

    expect(now - (since ?? 0)).toBeGreaterThanOrEqual(day);
    expect(now - (since ?? 0)).toBeLessThan(day + 10 * minute);
    expect(times.filter((time) => time >= now - 60 * minute)).toHaveLength(241);
    expect(times.length).toBeLessThan(730);
  });

  it('given more samples than are asked for, when they are read, then they lie evenly, from the first to the last', () => {
    const { times, series } = filled(200).read(50 * sampleEveryMs, 4);

    expect(times.map((time) => time / sampleEveryMs)).toEqual([50, 100, 149, 199]);
    expect(series[0]?.values).toEqual([50, 100, 149, 199]);
  });

  it('given a sample of now, when the time series are read, then it stands in the place of one from a moment ago', () => {
    const timeSeries = filled(3);

    const { times } = timeSeries.read(0, 10, { time: 2 * sampleEveryMs + 1_000, figures: [['logins', {}, 9]] });

    expect(times).toEqual([0, sampleEveryMs, 2 * sampleEveryMs + 1_000]);
  });

  it('given a clock that is set back, when a sample is added, then what lies after it is gone', () => {
    const timeSeries = filled(10);
    timeSeries.add({ time: 4 * sampleEveryMs, figures: [['logins', {}, 10]] });

    const { times, series } = timeSeries.read(0, 100);

    expect(times.map((time) => time / sampleEveryMs)).toEqual([0, 1, 2, 3, 4]);
    expect(series[0]?.values).toEqual([0, 1, 2, 3, 10]);
  });

  it('given a series that begins later, when it is read, then it was not there before', () => {
    const timeSeries = filled(1);
    timeSeries.add({
      time: sampleEveryMs,
      figures: [
        ['logins', {}, 1],
        ['refusals', { step: 'token' }, 1],
      ],
    });

    const { series } = timeSeries.read(0, 10);

    expect(series[1]).toEqual({ metric: 'refusals', labels: { step: 'token' }, values: [null, 1] });
  });

  it('given labels in another order, when they are added, then they are one series', () => {
    const timeSeries = new TimeSeries();
    timeSeries.add({ time: 0, figures: [['logins', { a: '1', b: '2' }, 1]] });
    timeSeries.add({ time: 1, figures: [['logins', { b: '2', a: '1' }, 2]] });

    expect(timeSeries.read(0, 10).series).toEqual([{ metric: 'logins', labels: { a: '1', b: '2' }, values: [1, 2] }]);
  });

  it('given 10,000 clients, when they are added, then 2,000 have a place, and the others count as other', () => {
    const timeSeries = new TimeSeries();
    const other: Figure = ['logins', { client: 'other' }, 5];
    const clients = Array.from({ length: 10_000 }, (_none, at): Figure => ['logins', { client: `c${at}` }, 1]);

    timeSeries.add({ time: 0, figures: [other, ...clients] });
    const { series, leftOut } = timeSeries.read(0, 10);

    expect(series).toHaveLength(2_000);
    expect(series[0]?.values).toEqual([5 + 10_000 - 1_999]);
    expect(leftOut).toBe(2_000);
  });
});
