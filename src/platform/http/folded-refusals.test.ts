import { describe, expect, it } from '@jest/globals';
import { type FoldedRefusals, RefusalFolder } from './folded-refusals';

const minute = 60_000;
const start = 1_000 * minute;

function folder(): { isFirst: (ip: string, at?: number) => boolean; folded: FoldedRefusals[]; flush: () => void } {
  const folded: FoldedRefusals[] = [];
  const made = new RefusalFolder((each) => folded.push(each));
  return { isFirst: (ip, at = start) => made.isFirst({ host: ip }, at), folded, flush: () => made.flush() };
}

describe('refusals over a limit, folded for the log', () => {
  it('given many of one client in a minute, then the first is logged and the others are a number', () => {
    const { isFirst, folded, flush } = folder();

    const logged = Array.from({ length: 834 }, () => isFirst('192.0.2.1')).filter(Boolean);
    flush();

    expect(logged).toHaveLength(1);
    expect(folded).toEqual([{ client: '192.0.2.1', count: 833 }]);
  });

  it('given the next minute, then the first of it is logged, after the number of the one before', () => {
    const { isFirst, folded, flush } = folder();
    for (let count = 0; count < 3; count += 1) isFirst('192.0.2.1');

    expect(isFirst('192.0.2.1', start + minute)).toBe(true);
    expect(folded).toEqual([{ client: '192.0.2.1', count: 2 }]);
    flush();
    expect(folded).toHaveLength(1);
  });

  it('given a clock that is set back, then nothing is lost', () => {
    const { isFirst, folded } = folder();
    isFirst('192.0.2.1');
    isFirst('192.0.2.1');

    expect(isFirst('192.0.2.1', start - minute)).toBe(true);
    expect(folded).toEqual([{ client: '192.0.2.1', count: 1 }]);
  });

  it('given the networks of one site, then they are one client', () => {
    const folded: FoldedRefusals[] = [];
    const made = new RefusalFolder((each) => folded.push(each));

    for (let net = 0; net < 100; net += 1) made.isFirst({ host: `2001:db8:1:${net}::/64`, site: 'site' }, start);
    made.flush();

    expect(folded).toEqual([{ client: 'site', count: 99 }]);
  });

  it('given more clients than are told apart, then the lines are bounded and none is left out of the count', () => {
    const { isFirst, folded, flush } = folder();

    const logged = Array.from({ length: 5_000 }, (_, index) => isFirst(`client ${index}`)).filter(Boolean);
    flush();

    expect(logged).toHaveLength(1_001);
    expect(folded).toEqual([{ client: 'others', count: 3_999 }]);
  });
});
