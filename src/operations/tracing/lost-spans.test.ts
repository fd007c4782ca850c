import { describe, expect, it } from '@jest/globals';
import { lostSpansReport } from './lost-spans';

describe('the report of lost spans', () => {
  it('given spans that are lost again and again, when minutes pass, then each has one line with how many there were', () => {
    const lines: object[] = [];
    let now = 0;
    const report = lostSpansReport({ warn: (line: object) => void lines.push(line) } as never, () => now);

    report(5, 'ECONNREFUSED');
    for (let count = 0; count < 100; count += 1) report(1);
    now = 59_999;
    report(1);
    expect(lines).toEqual([{ spans: 5, error: 'ECONNREFUSED' }]);

    now = 60_000;
    report(2, '503');
    expect(lines.slice(1)).toEqual([{ spans: 103, error: '503' }]);
  });
});
