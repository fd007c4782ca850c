import { coderOf, type Form, plain } from './codec';
import type { TableType } from './record-schema';

const [number, text] = [plain((value) => typeof value === 'number'), plain((value) => typeof value === 'string')];

const form: Form = { time: number, hash: text, hexHash: text, isByPlace: true };

/** A record as LMDB keeps it: an array without the names of fields, which begins with `expiresAt` where there is one. */
export function rowCoder<Value extends object>({ schema }: TableType<Value>) {
  return coderOf(schema, form) as { encode(value: Value): unknown; decode(stored: unknown): Value };
}
