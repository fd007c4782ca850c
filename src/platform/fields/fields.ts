import * as z from 'zod';
import { FieldError } from './field-error';

/** Fields of a record, as the API, a file and the command line spell them, each made by {@link field}. */
export type Fields = Readonly<Record<string, z.ZodType>>;

/** The values of fields, those that are given. */
export type ValuesOf<Table extends Fields> = {
  readonly [Name in keyof Table]?: z.output<Table[Name]> extends (infer Item)[]
    ? readonly Item[]
    : z.output<Table[Name]>;
};

const sentences = new WeakMap<z.ZodType, string>();

/** `allowed`: ends the sentence `allowed: …`; `about`: what it is for, in a line of a command's help. */
export function field<Schema extends z.ZodType>(schema: Schema, allowed: string, about: string): Schema {
  z.globalRegistry.add(schema, { description: about });
  sentences.set(schema, allowed);
  return schema;
}

/** What ends the sentence `allowed: …` of a field. */
export function allowedIn(schema: z.ZodType): string {
  return sentences.get(schema) ?? '';
}

/** What is answered for a record: its fields, as far as it has them, beside those that no caller writes. */
export function recordAnswer(fields: Fields, others: z.ZodRawShape): z.ZodObject {
  return z.object({ ...others, ...z.object(fields).partial().shape });
}

/** What can be sent for a record: each field may be null, which is as if it were absent, or removes it. */
export function recordBody(fields: Fields, others: z.ZodRawShape = {}): z.ZodObject {
  const nullish = Object.entries(fields).map(([name, schema]) => [name, schema.nullish()]);
  return z.object({ ...others, ...Object.fromEntries(nullish) });
}

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
  const schema = knownField(table, name);
  const result = schema.safeParse(value);
  if (!result.success) throw new FieldError(name, allowedIn(schema));
  return result.data;
}

function knownField(table: Fields, name: string): z.ZodType {
  const schema = Object.hasOwn(table, name) ? table[name] : undefined;
  if (schema === undefined) throw new FieldError(nameable(name), `fields named ${Object.keys(table).join(', ')}`);
  return schema;
}

/** What is no name of a field is not repeated: it may be anything. */
function nameable(name: string): string {
  return /^[\w-]{1,64}$/.test(name) ? name : 'An unknown field';
}
