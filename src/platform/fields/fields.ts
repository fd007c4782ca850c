import * as z from 'zod';
import { FieldError } from './field-error';

/** The fields of a record as the API, files and the command line spell them, each made by {@link field}. */
export type Fields = Readonly<Record<string, z.ZodType>>;

/** The values of the given fields. */
export type ValuesOf<Table extends Fields> = {
  readonly [Name in keyof Table]?: z.output<Table[Name]> extends (infer Item)[]
    ? readonly Item[]
    : z.output<Table[Name]>;
};

const sentences = new WeakMap<z.ZodType, string>();

/** `allowed`: completes the sentence `allowed: …`; `about`: its purpose, one line of a command's help. */
export function field<Schema extends z.ZodType>(schema: Schema, allowed: string, about: string): Schema {
  z.globalRegistry.add(schema, { description: about });
  sentences.set(schema, allowed);
  return schema;
}

/** The text after `allowed: ` for a field. */
export function allowedIn(schema: z.ZodType): string {
  return sentences.get(schema) ?? '';
}

/** A record as it is returned: its present fields, and those that no caller sets. */
export function recordAnswer(fields: Fields, others: z.ZodRawShape): z.ZodObject {
  return z.object({ ...others, ...z.object(fields).partial().shape });
}

/** A record as it is sent: each field may be null, which counts as absent, or removes the field. */
export function recordBody(fields: Fields, others: z.ZodRawShape = {}): z.ZodObject {
  const nullish = Object.entries(fields).map(([name, schema]) => [name, schema.nullish()]);
  return z.object({ ...others, ...Object.fromEntries(nullish) });
}

/** The same object without the members that are undefined. */
export function defined<Value extends object>(
  value: Value,
): { [Name in keyof Value]: Exclude<Value[Name], undefined> } {
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof Value]: Exclude<Value[Name], undefined> };
}

/** The names of the given members, sorted. */
export function namesIn(record: object): string[] {
  return Object.keys(defined(record)).toSorted();
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** The JSON object, or undefined for any other value. */
export function objectIn(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/**
 * A record merged with the sent fields; null removes a field. `own`: fields that never change. Throws: {@link FieldError} for
 * an unknown name, and for a new value of an own field. Source: RFC 7396 §2.
 */
export function patched(table: Fields, record: JsonObject, sent: JsonObject, own: JsonObject = {}): JsonObject {
  const patch = new Map(Object.entries(sent));
  for (const [name, value] of patch) {
    // Checked before null removes it: a mistyped name must not look like a removal.
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

/** Parses the fields of a record. Throws: {@link FieldError} for the first invalid or unknown one. */
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

/** A text that cannot be a field's name is not quoted: it may be anything. */
function nameable(name: string): string {
  return /^[\w-]{1,64}$/.test(name) ? name : 'An unknown field';
}
