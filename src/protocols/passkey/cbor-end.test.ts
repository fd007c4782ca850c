import { describe, expect, it } from '@jest/globals';
import { cborEnd } from './cbor-end';

const bytes = (hex: string) => Buffer.from(hex, 'hex');

describe('the end of a CBOR item', () => {
  /** Source: RFC 8949, appendix A. */
  it.each([
    ['00', 'zero'],
    ['1b000000e8d4a51000', 'an integer of 8 bytes'],
    ['3903e7', 'a negative integer'],
    ['f97e00', 'a float'],
    ['f6', 'null'],
    ['4401020304', 'bytes'],
    ['6449455446', 'text'],
    ['8301820203820405', 'arrays'],
    ['a26161016162820203', 'a map'],
    ['c11a514b67b0', 'a tag'],
  ])('given %s, %s, when its end is looked for, then it is the end of the bytes', (hex) => {
    expect(cborEnd(bytes(`ff${hex}ff`), 1)).toBe(1 + hex.length / 2);
  });

  it.each([
    ['', 'nothing'],
    ['18', 'an integer without its byte'],
    ['1b00000000', 'an integer of 8 bytes that has 4'],
    ['44010203', 'a byte too few'],
    ['5bffffffffffffffff00', 'a length of 16 EiB'],
    ['7a0000ffff61', 'text of 64 KiB that has one'],
    ['830102', 'an array without its last item'],
    ['9affffffff00', 'an array of four billion items'],
    ['bbffffffffffffffff', 'a map of 16 quintillion members'],
    ['a1616a', 'a name without a value'],
    ['c1', 'a tag of nothing'],
    ['5f42010243030405ff', 'an indefinite length'],
    ['9f01ff', 'an indefinite array'],
    ['1c', 'a reserved length'],
    [`${'81'.repeat(8)}00`, 'nine levels'],
    [`${'81'.repeat(12_000)}00`, '12,000 levels'],
    [`${'c1'.repeat(12_000)}00`, '12,000 tags'],
  ])('given %.40s, %s, when its end is looked for, then it throws', (hex) => {
    expect(() => cborEnd(bytes(hex), 0)).toThrow(RangeError);
  });
});
