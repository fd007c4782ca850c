import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { failedOutcomes, type GateRequest, judged } from './gate';
import type { Series } from './prometheus';
import { metricsByVersion } from './rollout-metrics';

const request: GateRequest = {
  url: 'http://localhost:9090',
  windowSeconds: 600,
  minExchanges: 100,
  tolerance: 0.01,
  timeoutMs: 1_000,
};
const figures = (version: string, firstSeen: number, exchanges: number, failures: number) => ({
  version,
  firstSeen,
  exchanges,
  failures,
});
const series = (labels: Record<string, string>, values: readonly (number | undefined)[]): Series => ({
  labels,
  values: new Map(values.flatMap((value, time) => (value === undefined ? [] : [[time, value] as const]))),
});
const times = [0, 1, 2, 3, 4];
const build = (instance: string, version: string, values: readonly (number | undefined)[]) =>
  series({ instance, version }, values);

describe('outcomes that count as failures', () => {
  it('given the recording rules of exchanges, when they are read, then they are the same', () => {
    const rules = readFileSync(join(__dirname, '../../../ops/prometheus/recording.rules.yml'), 'utf8');
    const [, outcomes = ''] = /record: tessera:exchange_failures:total\n.*?outcome=~"([^"]+)"/s.exec(rules) ?? [];

    expect([...failedOutcomes].toSorted()).toEqual(outcomes.split('|').toSorted());
  });
});

describe('the exchanges of each version', () => {
  it('given two instances of two versions, when they are counted, then each has its own', () => {
    const counted = metricsByVersion(times, {
      builds: [build('a', '1', [1, 1, 1, 1, 1]), build('b', '2', [undefined, 1, 1, 1, 1])],
      exchanges: [series({ instance: 'a' }, [10, 20, 30, 40, 50]), series({ instance: 'b' }, [undefined, 5, 6, 7, 9])],
      failures: [series({ instance: 'a' }, [1, 1, 1, 2, 2])],
    });

    expect(counted).toEqual([figures('1', 0, 40, 1), figures('2', 1, 4, 0)]);
  });

  it('given an instance that changes its version in place, when it is counted, then all since belongs to the new one', () => {
    const counted = metricsByVersion(times, {
      builds: [build('a', '1', [1, 1, undefined]), build('a', '2', [undefined, undefined, undefined, 1, 1])],
      exchanges: [series({ instance: 'a' }, [100, 110, undefined, 120, 130])],
      failures: [series({ instance: 'a' }, [7, 7, undefined, 3, 4])],
    });

    expect(counted).toEqual([figures('1', 0, 10, 0), figures('2', 3, 130, 4)]);
  });

  it('given a restart of the same version, when it is counted, then what was counted since counts whole', () => {
    const counted = metricsByVersion(times, {
      builds: [build('a', '1', [1, 1, 1, 1, 1])],
      exchanges: [series({ instance: 'a' }, [100, 150, 4, 6, 7])],
      failures: [],
    });

    expect(counted).toEqual([figures('1', 0, 57, 0)]);
  });

  it('given a counter that begins in the window, when it is counted, then its first value counts', () => {
    const counted = metricsByVersion(times, {
      builds: [build('a', '1', [1, 1, 1, 1, 1])],
      exchanges: [series({ instance: 'a' }, [10, 10, 13, 14, 14])],
      failures: [series({ instance: 'a' }, [undefined, undefined, 3, 4, 4])],
    });

    expect(counted).toEqual([figures('1', 0, 4, 4)]);
  });
});

describe('the verdict on a version', () => {
  it.each([
    ['as many failures', 1_000, 10, 'fine'],
    ['as many more as are tolerated', 1_000, 20, 'fine'],
    ['one more', 1_000, 21, 'roll_back'],
    ['none', 100, 0, 'fine'],
    ['failures alone', 100, 100, 'roll_back'],
    ['too few exchanges', 99, 99, 'no_data'],
  ] as const)(
    'given %s, when it is judged beside 1 % of the old one, then it is told',
    (_what, exchanges, failures, verdict) => {
      const report = judged([figures('1', 0, 1_000, 10), figures('2', 60, exchanges, failures)], request);

      expect([report.verdict, report.newVersion?.version, report.oldVersion?.version]).toEqual([verdict, '2', '1']);
    },
  );

  it('given more than two versions, when it is judged, then the newest is compared with the one before', () => {
    const all = [figures('3', 60, 500, 50), figures('1', 0, 500, 50), figures('2', 30, 500, 0)];

    const report = judged(all, request);

    expect([report.verdict, report.newVersion?.version, report.oldVersion?.version]).toEqual(['roll_back', '3', '2']);
    expect(judged(all, { ...request, oldVersion: '1' }).verdict).toBe('fine');
    expect(judged(all, { ...request, newVersion: '1', oldVersion: '2' }).verdict).toBe('roll_back');
  });

  it.each([
    ['no version', [], {}, 'no new version ran in the window'],
    ['one version', [figures('1', 0, 500, 0)], {}, 'no old version ran in the window'],
    ['another version', [figures('1', 0, 500, 0)], { newVersion: '2' }, 'no new version ran in the window'],
    [
      'equally new ones',
      [figures('1', 0, 500, 0), figures('2', 0, 500, 0)],
      {},
      'both versions were seen first at the same time: name one by --new-version',
    ],
    [
      'too little of the old one',
      [figures('1', 0, 3, 0), figures('2', 60, 500, 0)],
      {},
      '1 has had 3 exchanges, of 100 at least',
    ],
  ])('given %s, when it is judged, then there is no verdict, and why', (_what, all, more, lacking) => {
    expect(judged(all, { ...request, ...more })).toMatchObject({ verdict: 'no_data', lacking });
  });
});
