import { describe, expect, it } from '@jest/globals';
import { median, quantile, ratios, spreadOf, table } from './figures';

describe('the median', () => {
  it.each([
    [[3], 3],
    [[1, 3], 2],
    [[9, 1, 5], 5],
    [[10, 9, 2, 1], 5.5],
  ])('given %j, when it is asked for, then it is %d', (numbers, expected) => {
    expect(median(numbers)).toBe(expected);
  });

  it('given no number, when it is asked for, then it is none', () => {
    expect(median([])).toBeNaN();
  });
});

describe('a quantile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index);

  it.each([
    [0, 0],
    [0.5, 50],
    [0.99, 99],
    [1, 99],
  ])('given the numbers from 0 to 99, when %d is asked for, then it is %d', (q, expected) => {
    expect(quantile(q, hundred)).toBe(expected);
  });

  it('given no number, when it is asked for, then it is none', () => {
    expect(quantile(0.5, [])).toBeNaN();
  });
});

describe('the ratios of rounds', () => {
  it('given a machine that is twice as slow in one round, when both were measured in it, then the ratio does not move', () => {
    expect(ratios([2, 4, 2], [1, 2, 1])).toEqual({ median: 2, least: 2, most: 2 });
  });

  it('given rounds that differ, when they are compared, then the ratio is the median of theirs', () => {
    expect(ratios([1, 2, 6], [1, 1, 2])).toEqual({ median: 2, least: 1, most: 3 });
  });

  it('given a round that one of the two lacks, when they are compared, then it is left out', () => {
    expect(ratios([2, 4, 9], [1, 2])).toEqual(spreadOf([2, 2]));
    expect(ratios([2], [1, 2])).toEqual(spreadOf([2]));
  });
});

describe('a table', () => {
  it('given cells of several widths, when it is written, then its columns line up', () => {
    expect(table(['name', 'ratio'], [['a longer name', '1.10']])).toBe(
      ['| name          | ratio |', '| ------------- | ----: |', '| a longer name |  1.10 |'].join('\n'),
    );
  });

  it('given no rows, when it is written, then it is its head', () => {
    expect(table(['a', 'b'], [])).toBe(['| a   |   b |', '| --- | --: |'].join('\n'));
  });
});
