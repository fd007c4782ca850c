import { describe, expect, it } from '@jest/globals';
import { readSettings } from './settings';

describe('the options of the game day', () => {
  it('given none, when they are read, then all is played on both stores, and the report is the committed one', () => {
    expect(readSettings([])).toMatchObject({
      store: 'both',
      only: undefined,
      scale: 120,
      document: expect.stringMatching(/docs\/game-day\.md$/),
    });
  });

  it.each([[['--only', 'F1,F4']], [['--short']], [['--store', 'embedded']]])(
    'given %j, which is less than all, when they are read, then the committed report stays as it is',
    (args) => {
      expect(readSettings(args)).toMatchObject({ document: expect.stringMatching(/reports\/game-day\.md$/) });
    },
  );

  it.each([
    [['--store', 'redis'], 'no such store'],
    [['--scale', '0'], '--scale'],
    [['--scale', 'fast'], '--scale'],
    [['--at-once', '-1'], ''],
    [['--fast'], '--fast'],
  ])('given %j, when they are read, then that is refused', (args, said) => {
    expect(() => readSettings(args)).toThrow(said);
  });
});
