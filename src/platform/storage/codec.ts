import * as z from 'zod';
import { hash, hexHash, textFormOf, time } from './record-schema';

/** A stored record that does not fit its schema. */
export class MalformedRecordError extends Error {}

/** How values of one schema are kept. */
export interface Coder {
  encode(value: unknown): unknown;
  /** Throws: {@link MalformedRecordError}. */
  decode(stored: unknown): unknown;
}

/** How one database keeps what is not kept alike everywhere. */
export interface Form {
  readonly time: Coder;
  readonly hash: Coder;
  readonly hexHash: Coder;
  /** True: an object is an array of its fields in their order, and no field's name is stored. */
  readonly isByPlace: boolean;
}

/** A field of an object; with `constant`, one that a variant of a union is told by. */
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
 * The coder of a record's schema, made once. `key`: the field that MongoDB calls `_id`. Supports what records are described
 * with: objects, unions of objects, arrays, strings, numbers, booleans, enums, literals, and anything else as it is.
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

/** True for records that have a time in `expiresAt`, each or some of them. */
export function isExpiring(schema: z.core.$ZodType): boolean {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'readonly') return isExpiring(def.innerType);
  return def.type === 'union' ? def.options.some(isExpiring) : 'expiresAt' in shapeOf(schema);
}

/** Kept as it is, if it `fits`. */
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
  // Where the sweeper finds it without the schema.
  return fields.toSorted((a, b) => Number(b.name === 'expiresAt') - Number(a.name === 'expiresAt'));
}

/**
 * Made as source text, as zod makes its own parsers: a loop over the fields takes twice as long, which a login would feel.
 * The names are those of our schemas. `tag`: the number of a variant, which stands in the second place.
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
  const encode = isByPlace
    ? `return [${row.join()}];`
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
  const variantOf = (value: object) => {
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

function mayHave(value: object, { name, isOptional, constant }: Field, key?: string): boolean {
  if (constant !== undefined) return Reflect.get(value, name) === constant;
  return isOptional || name in value || (name === key && '_id' in value);
}

function shapeOf(schema: z.core.$ZodType): z.core.$ZodShape {
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
