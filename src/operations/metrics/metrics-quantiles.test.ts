import { describe, expect, it } from '@jest/globals';
import { quantile } from './metrics-quantiles';

const buckets = [
  { upTo: 0.01, count: 10 },
  { upTo: 0.02, count: 10 },
  { upTo: 0.1, count: 90 },
  { upTo: Number.POSITIVE_INFINITY, count: 100 },
];

describe('quantiles of a histogram', () => {
  it.each([
    [0, 0],
    [0.05, 0.005],
    [0.1, 0.01],
    [0.5, 0.06],
    [0.9, 0.1],
    [0.99, 0.1],
    [1, 0.1],
  ])('given a hundred observations, when the quantile %d is asked for, then it is %d', (q, expected) => {
    const found = quantile(q, buckets);

    expect(found).toBeCloseTo(expected, 10);
  });

  it('given no observation, when a quantile is asked for, then there is none', () => {
    expect(quantile(0.5, [])).toBeUndefined();
    expect(quantile(0.5, [{ upTo: 1, count: 0 }])).toBeUndefined();
  });
});
