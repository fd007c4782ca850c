import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Sampling } from './sampling';

const config = { keyEncryptionKeys: [new Uint8Array(32).fill(1)], issuer: 'https://auth.example' };
const ids = Array.from({ length: 4_000 }, () => randomBytes(16).toString('hex'));
const sampledBy = (sampling: Sampling, of: readonly (string | undefined)[]) => of.filter((id) => sampling.includes(id));

describe('sampling', () => {
  it.each([
    [0, 0, 0],
    [0.25, 850, 1_150],
    [1, 4_000, 4_000],
  ])('given a ratio of %d, when traces come or begin, then %d to %d of 4000 are sampled', (ratio, least, most) => {
    const sampling = new Sampling(config, ratio);

    for (const group of [ids, ids.map(() => undefined)]) {
      expect(sampledBy(sampling, group).length).toBeGreaterThanOrEqual(least);
      expect(sampledBy(sampling, group).length).toBeLessThanOrEqual(most);
    }
  });

  it('given processes with the same settings, when they decide about a trace, then they agree', () => {
    const [one, other] = [new Sampling(config, 0.5), new Sampling(config, 0.5)];

    expect(sampledBy(one, ids)).toEqual(sampledBy(other, ids));
  });

  it('given other keys, when they decide, then nobody could have known it from the id', () => {
    const sampled = sampledBy(new Sampling(config, 0.5), ids);

    const again = sampledBy(new Sampling({ ...config, keyEncryptionKeys: [new Uint8Array(32).fill(2)] }, 0.5), sampled);

    expect(again.length).toBeGreaterThan(0.4 * sampled.length);
    expect(again.length).toBeLessThan(0.6 * sampled.length);
  });

  it('given a higher ratio, when it decides, then it samples what a lower one does', () => {
    const few = sampledBy(new Sampling(config, 0.1), ids);

    expect(sampledBy(new Sampling(config, 0.2), few)).toEqual(few);
  });
});
