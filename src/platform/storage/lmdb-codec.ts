import { coderOf, type Form, plain } from './codec';
import type { TableType } from './record-schema';

const [number, text] = [plain((value) => typeof value === 'number'), plain((value) => typeof value === 'string')];

const form: Form = { time: number, hash: text, hexHash: text, isByPlace: true };

/** A record in LMDB: an array of values without field names, beginning with `expiresAt` if there is one. */
export function rowCoder<Value extends object>({ schema }: TableType<Value>) {
  return coderOf(schema, form) as { encode(value: Value): unknown; decode(stored: unknown): Value };
}
