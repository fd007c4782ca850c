import { describe, expect, it } from '@jest/globals';
import { type AggregatedLines, LogAggregator } from './log-aggregator';

const minute = 60_000;
const start = 1_000 * minute;

function aggregator(): {
  isFirst: (ip: string, at?: number) => boolean;
  aggregated: AggregatedLines[];
  flush: () => void;
} {
  const aggregated: AggregatedLines[] = [];
  const made = new LogAggregator((each) => aggregated.push(each));
  return { isFirst: (ip, at = start) => made.isFirst({ host: ip }, at), aggregated, flush: () => made.flush() };
}

describe('refusals over a limit, aggregated for the log', () => {
  it('given many of one client in a minute, then the first is logged and the others are a number', () => {
    const { isFirst, aggregated, flush } = aggregator();

    const logged = Array.from({ length: 834 }, () => isFirst('192.0.2.1')).filter(Boolean);
    flush();

    expect(logged).toHaveLength(1);
    expect(aggregated).toEqual([{ client: '192.0.2.1', count: 833 }]);
  });

  it('given the next minute, then the first of it is logged, after the number of the one before', () => {
    const { isFirst, aggregated, flush } = aggregator();
    for (let count = 0; count < 3; count += 1) isFirst('192.0.2.1');

    expect(isFirst('192.0.2.1', start + minute)).toBe(true);
    expect(aggregated).toEqual([{ client: '192.0.2.1', count: 2 }]);
    flush();
    expect(aggregated).toHaveLength(1);
  });

  it('given a clock that is set back, then nothing is lost', () => {
    const { isFirst, aggregated } = aggregator();
    isFirst('192.0.2.1');
    isFirst('192.0.2.1');

    expect(isFirst('192.0.2.1', start - minute)).toBe(true);
    expect(aggregated).toEqual([{ client: '192.0.2.1', count: 1 }]);
  });

  it('given the networks of one site, then they are one client', () => {
    const aggregated: AggregatedLines[] = [];
    const made = new LogAggregator((each) => aggregated.push(each));

    for (let net = 0; net < 100; net += 1) made.isFirst({ host: `2001:db8:1:${net}::/64`, site: 'site' }, start);
    made.flush();

    expect(aggregated).toEqual([{ client: 'site', count: 99 }]);
  });

  it('given more clients than are told apart, then the lines are bounded and none is left out of the count', () => {
    const { isFirst, aggregated, flush } = aggregator();

    const logged = Array.from({ length: 5_000 }, (_, index) => isFirst(`client ${index}`)).filter(Boolean);
    flush();

    expect(logged).toHaveLength(1_001);
    expect(aggregated).toEqual([{ client: 'others', count: 3_999 }]);
  });
});
