import * as z from 'zod';
import type { SchemaObject } from '../http/openapi';
import { FieldError } from './field-error';

/** One field of a record, as the API, a file and the command line spell it. */
export interface Field<Value = unknown> {
  /** How it is read: a text, a switch, a number, each alone or (`list`) in an array, or a JSON object. */
  readonly kind: 'text' | 'flag' | 'number' | 'list' | 'object';
  readonly parse: z.ZodType<Value>;
  /** Ends the sentence `allowed: …`. */
  readonly allowed: string;
  /** What it is for, in a line of a command's help. */
  readonly about: string;
  readonly schema: SchemaObject;
}

export type Fields = Readonly<Record<string, Field>>;

/** The values of fields, those that are given. */
export type ValuesOf<Table extends Fields> = {
  readonly [Name in keyof Table]?: Table[Name] extends Field<infer Value> ? Value : never;
};

export type JsonObject = Readonly<Record<string, unknown>>;

/** A JSON object; of anything else undefined. */
export function objectIn(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/**
 * A record with what was sent for it in the place of its own, without what is null. `own`: what nobody can change.
 * Throws: {@link FieldError} for a name that is not known, and for another value of what never changes. Source: RFC 7396 §2.
 */
export function patched(table: Fields, record: JsonObject, sent: JsonObject, own: JsonObject = {}): JsonObject {
  const patch = new Map(Object.entries(sent));
  for (const [name, value] of patch) {
    // Before null takes it away: whoever mistypes a name must not believe that it is gone.
    if (!Object.hasOwn(own, name)) knownField(table, name);
    else if (JSON.stringify(value) !== JSON.stringify(own[name]))
      throw new FieldError(name, 'what it is: it never changes');
    else patch.delete(name);
  }
  return mergePatch(record, Object.fromEntries(patch)) as JsonObject;
}

function mergePatch(target: unknown, patch: unknown): unknown {
  const changes = objectIn(patch);
  if (changes === undefined) return patch;
  const merged = new Map(Object.entries(objectIn(target) ?? {}));
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

/** Reads each field of a record. Throws: {@link FieldError} for the first that is not allowed, or not known. */
export function readFields<Table extends Fields>(table: Table, record: JsonObject): ValuesOf<Table> {
  const values = Object.entries(record).map(([name, value]) => [name, readField(table, name, value)] as const);
  return Object.fromEntries(values) as ValuesOf<Table>;
}

function readField(table: Fields, name: string, value: unknown): unknown {
  const field = knownField(table, name);
  const result = field.parse.safeParse(value);
  if (!result.success) throw new FieldError(name, field.allowed);
  return result.data;
}

function knownField(table: Fields, name: string): Field {
  const field = Object.hasOwn(table, name) ? table[name] : undefined;
  if (field === undefined) throw new FieldError(nameable(name), `fields named ${Object.keys(table).join(', ')}`);
  return field;
}

/** What is no name of a field is not repeated: it may be anything. */
function nameable(name: string): string {
  return /^[\w-]{1,64}$/.test(name) ? name : 'An unknown field';
}
