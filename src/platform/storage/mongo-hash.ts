import { mongo } from 'mongoose';

/** A hash as a record keeps it: its bytes; a text where it is none. */
export type HashRecord = mongo.Binary | string;

type HashEncoding = 'base64url' | 'hex';

/** The bytes of a hash, unless they would be read back as another text. */
export function toHashRecord(text: string, encoding: HashEncoding = 'base64url'): HashRecord {
  const bytes = Buffer.from(text, encoding);
  return bytes.length > 0 && bytes.toString(encoding) === text ? new mongo.Binary(bytes) : text;
}

export function fromHashRecord(record: HashRecord, encoding: HashEncoding = 'base64url'): string {
  return typeof record === 'string' ? record : Buffer.from(record.value()).toString(encoding);
}
