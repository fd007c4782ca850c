import { describe, expect, it } from '@jest/globals';
import { latencyPoints, latencyTicks } from './latency-plot';

const step = { step: 'token', p50: 1, p95: 10, p99: 100 };

describe('the latency plot', () => {
  it('given figures a factor of ten apart, when they are placed, then they stand equally far apart, on the ticks', () => {
    const points = latencyPoints(step);

    expect(points).toEqual({ p50: latencyTicks[0]?.x, p95: latencyTicks[1]?.x, p99: latencyTicks[2]?.x });
    expect((points?.p99 ?? 0) - (points?.p95 ?? 0)).toBeCloseTo((points?.p95 ?? 0) - (points?.p50 ?? 0), 0);
  });

  it('given figures off the scale, when they are placed, then they stand at its ends', () => {
    const points = latencyPoints({ ...step, p50: 0, p99: 60_000 });

    expect([points?.p50, points?.p99]).toEqual([0, 100]);
  });

  it.each(['p50', 'p95', 'p99'] as const)('given no %s yet, when it is placed, then there is nothing', (name) => {
    const points = latencyPoints({ ...step, [name]: null });

    expect(points).toBeUndefined();
  });
});
