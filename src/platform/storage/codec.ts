import * as z from 'zod';
import { hash, hexHash, textFormOf, time } from './record-schema';

/** A stored record that does not fit its schema. */
export class MalformedRecordError extends Error {}

/** Encodes and decodes the values of one schema. */
export interface Coder {
  encode(value: unknown): unknown;
  /** Throws: {@link MalformedRecordError}. */
  decode(stored: unknown): unknown;
}

/** Database-specific encodings. */
export interface Form {
  readonly time: Coder;
  readonly hash: Coder;
  readonly hexHash: Coder;
  /** True: an object is stored as an array of its values in field order, without names. */
  readonly isByPlace: boolean;
}

/** A field of an object; with `constant`, the discriminator of a union's variant. */
interface Field {
  readonly name: string;
  readonly isOptional: boolean;
  readonly constant: unknown;
  readonly coder: Coder;
}

interface Variant {
  readonly fields: readonly Field[];
  readonly coder: Coder;
}

/**
 * The coder of a record's schema, made once. `key`: the field that MongoDB calls `_id`. Supports objects, unions of objects,
 * arrays, strings, numbers, booleans, enums and literals; anything else is stored as it is.
 */
export function coderOf(schema: z.core.$ZodType, form: Form, key?: string): Coder {
  if (schema === time) return form.time;
  if (schema === hash) return form.hash;
  if (schema === hexHash) return form.hexHash;
  const text = form.isByPlace ? undefined : textFormOf(schema);
  if (text !== undefined) {
    const { decode } = plain((stored) => typeof stored === 'string');
    return { encode: (value) => text.toText(value), decode: (stored) => text.fromText(decode(stored) as string) };
  }
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'readonly':
      return coderOf(def.innerType, form, key);
    case 'object':
      return objectOf(fieldsOf(def.shape, form), form, key);
    case 'union':
      return unionOf(def.options, form, key);
    case 'array':
      return listOf(coderOf(def.element, form));
    case 'enum':
      return plain((value) => (Object.values(def.entries) as unknown[]).includes(value));
    case 'literal':
      return plain((value) => (def.values as unknown[]).includes(value));
    case 'string':
    case 'number':
    case 'boolean':
      return plain((value) => typeof value === def.type);
    default:
      return plain(() => true);
  }
}

/** True when some or all records have a time in `expiresAt`. */
export function isExpiring(schema: z.core.$ZodType): boolean {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'readonly') return isExpiring(def.innerType);
  return def.type === 'union' ? def.options.some(isExpiring) : 'expiresAt' in shapeOf(schema);
}

/** Stored unchanged, if it `fits`. */
export function plain(fits: (stored: unknown) => boolean): Coder {
  return {
    encode: asItIs,
    decode: (stored) => {
      if (!fits(stored)) throw new MalformedRecordError();
      return stored;
    },
  };
}

function asItIs(value: unknown): unknown {
  return value;
}

function listOf({ encode, decode }: Coder): Coder {
  return {
    encode: encode === asItIs ? asItIs : (value) => (value as unknown[]).map((item) => encode(item)),
    decode: (stored) => {
      if (!Array.isArray(stored)) throw new MalformedRecordError();
      return stored.map((item) => decode(item));
    },
  };
}

function fieldsOf(shape: z.core.$ZodShape, form: Form): Field[] {
  const fields = Object.entries(shape).map(([name, schema]) => {
    const { def } = (schema as z.core.$ZodTypes)._zod;
    const isOptional = def.type === 'optional';
    const constant = def.type === 'literal' && def.values.length === 1 ? def.values[0] : undefined;
    return { name, isOptional, constant, coder: coderOf(isOptional ? def.innerType : schema, form) };
  });
  // First, where the sweeper finds it without the schema.
  return fields.toSorted((a, b) => Number(b.name === 'expiresAt') - Number(a.name === 'expiresAt'));
}

/**
 * Generated as source text, as zod generates its parsers: a loop over the fields takes twice as long, which a login would feel.
 * The names come from our schemas. `tag`: the number of a variant, in second place.
 */
function objectOf(fields: readonly Field[], { isByPlace }: Form, key?: string, tag?: number): Coder {
  const sources = fields.map(({ name, isOptional, coder }, index) => {
    const quoted = JSON.stringify(name);
    const storedName = name === key ? '"_id"' : quoted;
    const value = `value[${quoted}]`;
    const stored = isByPlace
      ? `stored[${tag === undefined || index === 0 ? index : index + 1}]`
      : `stored[${storedName}]`;
    const encoded = coder.encode === asItIs ? value : `coders[${index}].encode(${value})`;
    return { quoted, storedName, isOptional, value, stored, encoded, decoded: `coders[${index}].decode(${stored})` };
  });
  const [optionalOnes, required] = [
    sources.filter((each) => each.isOptional),
    sources.filter((each) => !each.isOptional),
  ];
  const row = sources.map(({ isOptional, value, encoded }) =>
    isOptional ? `${value} === undefined ? null : ${encoded}` : encoded,
  );
  if (tag !== undefined) row.splice(1, 0, String(tag));
  const inDocument = required.map(({ storedName, encoded }) => `${storedName}: ${encoded}`);
  const addedToDocument = optionalOnes.map(
    ({ value, stored, encoded }) => `if (${value} !== undefined) ${stored} = ${encoded};`,
  );
  const inValue = required.map(({ quoted, decoded }) => `${quoted}: ${decoded}`);
  const addedToValue = optionalOnes.map(
    ({ value, stored, decoded }) => `if (${stored} != null) ${value} = ${decoded};`,
  );
  // Absent fields at the end take no place, so that a new optional field costs the records without it nothing.
  const encode = isByPlace
    ? `const row = [${row.join()}]; while (row.at(-1) === null) row.pop(); return row;`
    : `const stored = {${inDocument.join()}}; ${addedToDocument.join('')} return stored;`;
  const decode = `check(stored); const value = {${inValue.join()}}; ${addedToValue.join('')} return value;`;
  const source = `return { encode(value) { ${encode} }, decode(stored) { ${decode} } };`;
  const coders = fields.map(({ coder }) => coder);
  // oxlint-disable-next-line no-implied-eval
  return new Function('coders', 'check', source)(coders, isByPlace ? assertArray : assertObject) as Coder;
}

function unionOf(options: readonly z.core.$ZodType[], form: Form, key?: string): Coder {
  const variants = options.map((option, tag): Variant => {
    const fields = fieldsOf(shapeOf(option), form);
    return { fields, coder: objectOf(fields, form, key, form.isByPlace ? tag : undefined) };
  });
  const byConstant = constantsOf(variants);
  const variantOf = (value: object) => {
    const named = byConstant?.variants.get(Reflect.get(value, byConstant.name));
    if (named !== undefined) return named.coder;
    const variant = variants.find(({ fields }) => fields.every((field) => mayHave(value, field, key)));
    if (variant === undefined) throw new MalformedRecordError();
    return variant.coder;
  };
  return {
    encode: (value) => variantOf(value as object).encode(value),
    decode: (stored) => {
      if (!form.isByPlace) assertObject(stored);
      const coder = Array.isArray(stored) ? variants[Number(stored[1])]?.coder : variantOf(stored as object);
      if (coder === undefined) throw new MalformedRecordError();
      return coder.decode(stored);
    },
  };
}

/** Of a discriminated union: the discriminator, and the variant of each of its values. */
function constantsOf(variants: readonly Variant[]) {
  for (const { name } of variants[0]?.fields ?? []) {
    const constants = variants.map(({ fields }) => fields.find((field) => field.name === name)?.constant);
    if (constants.includes(undefined) || new Set(constants).size < variants.length) continue;
    return { name, variants: new Map(variants.map((variant, index) => [constants[index], variant])) };
  }
  return undefined;
}

function mayHave(value: object, { name, isOptional, constant }: Field, key?: string): boolean {
  if (constant !== undefined) return Reflect.get(value, name) === constant;
  return isOptional || name in value || (name === key && '_id' in value);
}

/** The fields of a record that is no union. */
export function shapeOf(schema: z.core.$ZodType): z.core.$ZodShape {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'readonly') return shapeOf(def.innerType);
  if (def.type !== 'object') throw new TypeError('a union of a record is one of objects');
  return def.shape;
}

function assertArray(stored: unknown): void {
  if (!Array.isArray(stored)) throw new MalformedRecordError();
}

function assertObject(stored: unknown): void {
  if (typeof stored !== 'object' || stored === null) throw new MalformedRecordError();
}
