import { describe, expect, it } from '@jest/globals';
import { mongo } from 'mongoose';
import * as z from 'zod';
import { MalformedRecordError } from './codec';
import { documentCoder } from './mongo-codec';
import { hash, hexHash, list, names, optional, record, time } from './record-schema';

const schema = z.union([
  record({ kind: z.literal('a'), id: z.string(), at: time, ends: list(record({ id: z.string(), until: time })) }),
  record({ kind: z.literal('b'), id: z.string(), at: time, hash, hex: optional(hexHash), names: optional(names) }),
]);
const coder = documentCoder<z.infer<typeof schema>>({ name: 'sample', schema, key: 'id' });
const first = { kind: 'a', id: 'id', at: 1_000, ends: [{ id: 'other', until: 2_000 }] } as const;
const second = { kind: 'b', id: 'id', at: 1_000, hash: 'E9Mh', hex: '00ff' } as const;

describe('a record as MongoDB keeps it', () => {
  it('given times, hashes and its key, when it is encoded, then they are dates, bytes and _id, and nothing is undefined', () => {
    expect(coder.encode(first)).toStrictEqual({
      kind: 'a',
      _id: 'id',
      at: new Date(1_000),
      ends: [{ id: 'other', until: new Date(2_000) }],
    });
    expect(coder.encode(second)).toMatchObject({ hash: new mongo.Binary(Buffer.from('E9Mh', 'base64url')) });
    expect(Object.keys(coder.encode({ kind: 'b', id: 'id', at: 1, hash: 'E9Mh' }))).toEqual([
      'kind',
      '_id',
      'at',
      'hash',
    ]);
  });

  it.each([
    ['of one variant', first],
    ['of the other', second],
    ['with names', { ...second, names: ['a', 'b'] }],
    ['with no name', { ...second, names: [] }],
    ['with a text that is no hash', { ...second, hash: 'no hash!', hex: '' }],
  ])('given one %s, when it is decoded, then it is what it was, without what is stored besides', (_case, value) => {
    expect(coder.decode({ ...coder.encode(value), revision: 'r' })).toStrictEqual(value);
  });

  it.each([
    ['nothing', null],
    ['no such kind', { _id: 'id', kind: 'c', at: new Date() }],
    ['a number for a date', { _id: 'id', kind: 'b', at: 1, hash: 'h' }],
    ['a number for a hash', { _id: 'id', kind: 'b', at: new Date(), hash: 1 }],
    ['a field too few', { _id: 'id', kind: 'a', at: new Date() }],
  ])('given %s, when it is decoded, then it is refused', (_case, stored) => {
    expect(() => coder.decode(stored)).toThrow(MalformedRecordError);
  });
});
