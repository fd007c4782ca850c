import { describe, expect, test } from '@jest/globals';
import { randomBytes, randomText } from './random';

describe('random bytes', () => {
  test('have the length that was asked for, in either encoding', () => {
    expect(randomText(32, 'base64url')).toMatch(/^[\w-]{43}$/);
    expect(randomText(16, 'hex')).toMatch(/^[\da-f]{32}$/);
    expect(randomBytes(12)).toHaveLength(12);
    expect(randomBytes(4_096)).toHaveLength(4_096);
  });

  test('never repeat, also where one supply ends and the next begins', () => {
    const texts = Array.from({ length: 10_000 }, (_, index) => randomText(16 + (index % 3), 'hex').slice(0, 32));
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts.every((text) => !text.includes('0000000000'))).toBe(true);
  });

  test('stay what they were when more are taken', () => {
    const bytes = randomBytes(32);
    const before = bytes.toString('hex');
    for (let count = 0; count < 1_000; count += 1) randomText(32, 'hex');
    expect(bytes.toString('hex')).toBe(before);
  });

  test('are never more than the supply', () => {
    expect(() => randomText(4_097, 'hex')).toThrow(RangeError);
  });
});
