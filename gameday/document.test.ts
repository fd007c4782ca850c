import { describe, expect, it } from '@jest/globals';
import { gameDayDocument, lostOf } from './document';
import type { Result } from './play';
import type { Scenario } from './scenario';

const scenario: Scenario = {
  name: 'F0',
  title: 'A scenario of the tests',
  about: 'Nothing is played.',
  expects: () => [],
  begin: async () => ({ end: async () => {} }),
};

const account = {
  begun: 20,
  finished: 20,
  inFlight: 1,
  refreshTokens: 9,
  refreshed: 9,
  spent: 30,
  stillSpent: 30,
  losses: [],
};

const result: Result = {
  scenario: 'F0',
  store: 'embedded',
  causeSeconds: 9.9,
  alerts: [
    { name: 'StoreDown', severity: 'page', about: '', afterSeconds: 2.5, resolvedAfterSeconds: 4, isNoise: false },
    { name: 'StoreSlow', severity: 'ticket', about: '', afterSeconds: 3, resolvedAfterSeconds: 9, isNoise: true },
  ],
  recoveredAfterSeconds: 0.5,
  logins: { ok: 120 },
  account,
  findings: { replays: 3 },
  reasons: { code_used: 3 },
  notes: ['A note.'],
  otherBusy: 0.1,
  failures: [],
};

function document(changes: Partial<Result> = {}): string {
  const run = { command: 'npm run gameday', scale: 120, seconds: 61, loadBefore: '0.1 0.1 0.1', broken: [] };
  // Columns line up with spaces.
  return gameDayDocument({ ...run, results: [{ ...result, ...changes }] }, [scenario]).replaceAll(/ +/g, ' ');
}

describe('docs/game-day.md', () => {
  it('given a result, when the document is written, then it says what was told, when, and what was lost', () => {
    const text = document();

    expect(text).toContain('| F0 | embedded | P StoreDown 2.5 s | 0.5 s | 4.0 s (≙ 8 min) | 0 | 1 | as expected |');
    expect(text).toContain('`replays` (3)');
    expect(text).toContain('every expectation held');
  });

  it('given an expectation that failed, when the document is written, then it says so in the head, the table and the paragraph', () => {
    const text = document({ failures: ['StoreDown did not fire'] });

    expect(text).toContain('in 1 an expectation failed');
    expect(text).toContain('| **failed** |');
    expect(text).toContain('**Failed:** StoreDown did not fire.');
  });

  it('given nobody who was told, when the document is written, then it says that', () => {
    expect(document({ alerts: [] })).toContain('| F0 | embedded | nobody is told |');
  });

  it.each([
    [{ finished: 18 }, 2],
    [{ refreshed: 8 }, 1],
    [{ stillSpent: 27 }, 3],
    [{ inFlight: 9 }, 0],
  ])('given %j, when what was lost is counted, then it is %d', (changes, lost) => {
    expect(lostOf({ ...account, ...changes })).toBe(lost);
  });
});
