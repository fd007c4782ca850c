import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { MalformedRecordError } from './codec';
import { rowCoder } from './lmdb-codec';
import { hash, list, optional, record, time } from './record-schema';

const inner = record({ name: z.string(), size: optional(z.number()) });
const schema = record({
  id: z.string(),
  tags: list(z.string()),
  inner: optional(inner),
  all: optional(list(inner)),
  proof: z.union([record({ wallet: z.string(), hash }), record({ hash })]),
  kind: z.enum(['a', 'b']),
  anything: optional(z.unknown()),
  expiresAt: time,
});
const coder = rowCoder({ name: 'sample', schema });
const least = { id: 'id', tags: [], proof: { hash: 'h' }, kind: 'a', expiresAt: 1 } as const;
const complete = {
  ...least,
  tags: ['x', 'y'],
  inner: { name: 'n', size: 0 },
  all: [{ name: 'm' }, { name: 'n', size: 1 }],
  proof: { wallet: 'w', hash: 'h' },
  anything: { free: [1] },
} as const;

describe('a record as LMDB keeps it', () => {
  it.each([
    ['the least', least],
    ['all', complete],
  ])('given %s of its fields, when it is decoded, then it is what it was, with no other field', (_case, value) => {
    expect(coder.decode(coder.encode(value))).toStrictEqual(value);
  });

  it('given a record, when it is encoded, then no name of a field is in it, its expiry is in front, and what is absent at its end takes no place', () => {
    const row = coder.encode({ ...least, inner: { name: 'n' } });

    expect(row).toEqual([1, 'id', [], ['n'], null, ['h', 1], 'a']);
  });

  it('given a row of before a field was added at the end, when it is decoded, then the field is absent', () => {
    const row = coder.encode(least) as unknown[];

    expect(row).toHaveLength(7);
    expect([coder.decode(row), coder.decode([...row, null])]).toStrictEqual([least, least]);
  });

  it.each([
    ['no array', { id: 'id' }],
    ['nothing', undefined],
    ['an array of nothing', []],
    ['a number for a text', [1, 2, [], null, null, ['h', 1], 'a']],
    ['a text for a list', [1, 'id', 'x', null, null, ['h', 1], 'a']],
    ['a list of others', [1, 'id', [1], null, null, ['h', 1], 'a']],
    ['an object within that lacks a field', [1, 'id', [], [], null, ['h', 1], 'a']],
    ['no such variant', [1, 'id', [], null, null, ['h', 2], 'a']],
    ['no such word', [1, 'id', [], null, null, ['h', 1], 'c']],
    ['no time', ['1', 'id', [], null, null, ['h', 1], 'a']],
  ])('given %s, when it is decoded, then it is refused', (_case, row) => {
    expect(() => coder.decode(row)).toThrow(MalformedRecordError);
  });
});
