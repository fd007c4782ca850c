import { describe, expect, it } from '@jest/globals';
import { figuresTable, type KeptPart, performanceDocument } from './document';
import { cpuRatio, partOf } from './report';
import type { Measured, Round } from './rounds';
import { readSettings, type Settings } from './settings';

const settings = readSettings([], {}) as Settings;

function measured(name: string, cpu: readonly number[], disturbed = false): Measured {
  const round = {
    logins: 100,
    errors: 0,
    errorTexts: [],
    loginsPerSecond: 900,
    p50: 1,
    p99: 2,
    resident: 90,
    peak: 99,
  };
  const busy = { server: 0.9, client: 0.5, other: 0 };
  const rounds = cpu.map((cpuMsPerLogin): Round => {
    return { ...round, busy, cpuMsPerLogin, readyAfterMs: 500, calibration: 100, disturbed };
  });
  return { name, rounds };
}

function document(ours: Measured, theirs: Measured): string {
  const part = partOf(
    { title: 'Logins', about: 'What they cost.' },
    settings,
    [cpuRatio('PKCE', ours, theirs, 1.1)],
    [ours, theirs],
  );
  const provenance = { at: '2026-01-01', commit: 'abc1234', machine: 'a machine' };
  return performanceDocument([{ ...part, measured: provenance } satisfies KeptPart]);
}

describe('docs/performance.md', () => {
  it('given a part, when the document is written, then it says by what, the ratio, its goal, and where it was measured', () => {
    const text = document(measured('ours', [1, 2, 4]), measured('theirs', [1, 1, 2]));

    expect(text).toContain('npm run bench');
    expect(text).toMatch(/\| PKCE +\| +2\.00 \| +1\.00 to 2\.00 \| ≤ 1\.1 \|/);
    expect(text).toContain('2026-01-01, commit abc1234, a machine; rounds: 3; users: 16; warm-up 10 s, counted 8 s;');
    expect(text).toMatch(/\| ours +\| +2\.000 \|/);
  });

  it('given a disturbed round, when the document is written, then its ratio is marked', () => {
    const text = document(measured('ours', [1], true), measured('theirs', [1]));

    expect(text).toMatch(/\| PKCE +\| +1\.00 \\\* \|/);
  });

  it('given a figure of one round, when the table is printed, then it has no spread', () => {
    const figure = { what: 'start', spread: { median: 9, least: 9, most: 9 }, unit: 'ms', disturbed: false } as const;

    const text = figuresTable([{ title: '', about: '', figures: [figure], absolutes: [], calibrations: [] }]);

    expect(text).toMatch(/\| start +\| +9 ms \| +\| +\|$/m);
  });
});
