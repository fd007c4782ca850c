import { mongo } from 'mongoose';
import { type Coder, coderOf, type Form, MalformedRecordError } from './codec';
import type { RecordType } from './record-schema';

const time: Coder = {
  encode: (value) => new Date(value as number),
  decode: (stored) => {
    if (!(stored instanceof Date)) throw new MalformedRecordError();
    return stored.getTime();
  },
};

const form: Form = { time, hash: hashIn('base64url'), hexHash: hashIn('hex'), isByPlace: false };

/** A record in MongoDB; its key field is `_id`. */
export function documentCoder<Value extends object>({ schema, key }: RecordType<Value>) {
  const coder = coderOf(schema, form, typeof key === 'string' ? key : undefined);
  return coder as { encode(value: Value): mongo.Document; decode(stored: unknown): Value };
}

/** Stores a hash as bytes, unless they would decode to another text. */
function hashIn(encoding: 'base64url' | 'hex'): Coder {
  return {
    encode: (value) => {
      const bytes = Buffer.from(value as string, encoding);
      return bytes.length > 0 && bytes.toString(encoding) === value ? new mongo.Binary(bytes) : value;
    },
    decode: (stored) => {
      if (typeof stored === 'string') return stored;
      if (!(stored instanceof mongo.Binary)) throw new MalformedRecordError();
      return Buffer.from(stored.value()).toString(encoding);
    },
  };
}
