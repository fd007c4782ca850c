import { describe, expect, it } from '@jest/globals';
import { countOf, difference, farthest, gauge, increase, orZero, quantileOf, rate, share, top } from './expression';
import type { MetricSeries, Reading } from '../../metrics/time-series/reading';

const seconds = [0, 10, 20, 30];

function reading(
  ...series: readonly (readonly [metric: string, labels: object, ...values: (number | null)[]])[]
): Reading {
  return {
    times: seconds.map((second) => 1_000 * second),
    series: series.map(([metric, labels, ...values]): MetricSeries => ({ metric, labels: { ...labels }, values })),
  };
}

const ok = { step: 'token', outcome: 'ok' };
const failed = { step: 'token', outcome: 'code_expired' };

describe('an expression over our own readings', () => {
  it('given a counter, when its rate is asked for, then it is what it rose by a second, in groups', () => {
    const of = rate('logins', ['step']).over(
      reading(['logins', ok, 0, 10, 30, 30], ['logins', failed, 0, 5, 5, 5]),
      'each',
    );

    expect(of).toEqual([{ labels: { step: 'token' }, values: [null, 1.5, 2, 0] }]);
  });

  it('given a series that begins later, when its rate is asked for, then it began at 0', () => {
    const of = rate('logins').over(reading(['logins', ok, null, null, 5, 10]), 'each');

    expect(of).toEqual([{ labels: {}, values: [null, null, 0.5, 0.5] }]);
  });

  it('given a counter that falls, when its increase is asked for, then the fall counts for nothing', () => {
    const of = increase('logins').over(reading(['logins', ok, 100, 110, 60, 70]), 'whole');

    expect(of).toEqual([{ labels: {}, values: [20] }]);
  });

  it.each([
    ['a text', { outcome: 'ok' }, [10]],
    ['a list', { outcome: ['ok', 'code_expired'] }, [15]],
    ['anything but a text', { outcome: { not: 'ok' } }, [5]],
    ['anything but a list', { outcome: { not: ['ok', 'code_expired'] } }, []],
    ['a label that is not there', { client: { not: 'x' } }, [15]],
  ])('given %s, when it must match, then only those series count', (_what, where, values) => {
    const of = increase('logins', [], where).over(
      reading(['logins', ok, 0, 0, 0, 10], ['logins', failed, 0, 0, 0, 5]),
      'whole',
    );

    expect(of?.flatMap((each) => each.values)).toEqual(values);
  });

  it('given nothing that succeeded, when the share is asked for, then it is 0, and of nothing there is none', () => {
    const success = share(rate('logins', [], { outcome: 'ok' }), rate('logins'));

    const of = success.over(reading(['logins', failed, 0, 0, 5, 5]), 'each');

    expect(of).toEqual([{ labels: {}, values: [null, null, 0, null] }]);
  });

  it('given one without the other, when they are subtracted, then the other is 0', () => {
    const of = difference(rate('issued'), rate('redeemed')).over(reading(['issued', {}, 0, 10, 20, 30]), 'whole');

    expect(of).toEqual([{ labels: {}, values: [1] }]);
  });

  it('given a histogram, when a quantile is asked for, then it is interpolated as PromQL does', () => {
    const of = quantileOf(0.5, 'took').over(
      reading(
        ['took_bucket', { le: '+Inf' }, 0, 0, 0, 10],
        ['took_bucket', { le: '0.1' }, 0, 0, 0, 4],
        ['took_bucket', { le: '0.2' }, 0, 0, 0, 6],
      ),
      'whole',
    );

    expect(of?.[0]?.values[0]).toBeCloseTo(0.15);
  });

  it.each([
    ['max', [1, 5, 5, 7]],
    ['min', [1, 2, 3, 4]],
    ['sum', [2, 7, 8, 11]],
  ] as const)('given two processes, when the %s of a gauge is asked for, then it is that', (how, values) => {
    const of = gauge('workers', [], how).over(
      reading(['workers', {}, 1, 2, 3, 4], ['workers', { a: 'b' }, 1, 5, 5, 7]),
      'each',
    );

    expect(of?.[0]?.values).toEqual(values);
  });

  it('given a clock that is behind, when its distance is asked for, then it is no less than of one ahead', () => {
    const of = farthest('offset').over(
      reading(['offset', {}, 0, 0, 0, -90], ['offset', { a: 'b' }, 0, 0, 0, 3]),
      'whole',
    );

    expect(of).toEqual([{ labels: {}, values: [90] }]);
  });

  it('given many groups, when the top is asked for, then it is the highest', () => {
    const series = [1, 3, 2].map((value) => ['logins', { client: `c${value}` }, 0, 0, 0, 10 * value] as const);

    const of = top(2, increase('logins', ['client'])).over(reading(...series), 'whole');

    expect(of?.map(({ labels }) => labels['client'])).toEqual(['c3', 'c2']);
  });

  it('given clients of which one is idle, when they are counted, then it is not', () => {
    const of = countOf(increase('logins', ['client'])).over(
      reading(['logins', { client: 'a' }, 0, 0, 0, 1], ['logins', { client: 'b' }, 7, 7, 7, 7]),
      'whole',
    );

    expect(of).toEqual([{ labels: {}, values: [1] }]);
  });

  it('given no series, when there must be a figure, then it is 0', () => {
    expect(orZero(rate('nothing', ['model'])).over(reading(), 'whole')).toEqual([{ labels: {}, values: [0] }]);
  });
});
