import * as z from 'zod';

/** Milliseconds since the epoch. A date in MongoDB, as TTL indexes need. */
export const time = z.number();

/** A hash in base64url; stored as bytes in MongoDB. */
export const hash = z.string();

/** A hash in hex; stored as bytes in MongoDB. */
export const hexHash = z.string();

/** A record, or an object in one. */
export function record<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.object(shape).readonly();
}

export function list<Item extends z.ZodType>(item: Item) {
  return z.array(item).readonly();
}

/** A field that may be absent, but never undefined or null. */
export const optional = z.exactOptional;

/** How a value is written as a text. */
export interface TextForm<Value> {
  toText(value: Value): string;
  fromText(text: string): Value;
}

const textForms = new WeakMap<z.core.$ZodType, TextForm<unknown>>();

/** A value that MongoDB stores as one text: a document spends more on names and types than on contents. */
export function asText<Schema extends z.ZodType>(schema: Schema, form: TextForm<z.infer<Schema>>): Schema {
  textForms.set(schema, form as TextForm<unknown>);
  return schema;
}

export function textFormOf(schema: z.core.$ZodType): TextForm<unknown> | undefined {
  return textForms.get(schema);
}

/** Names without spaces. */
export const names = asText(list(z.string()), {
  toText: (words) => words.join(' '),
  fromText: (text) => (text === '' ? [] : text.split(' ')),
});

/** A table or collection whose records have one schema. */
export interface TableType<Value extends object> {
  readonly name: string;
  readonly schema: z.ZodType<Value>;
  /** Index names that find the record besides its key. */
  readonly namesOf?: (value: Value) => readonly string[];
}

export interface RecordType<Value extends object> extends TableType<Value> {
  /** The key of a record: a field, or computed from several. */
  readonly key: (keyof Value & string) | ((value: Value) => string);
  /** True: {@link key} may change, but is unique at any time. */
  readonly isKeyChanging?: boolean;
}

export function keyIn<Value extends object>({ key }: RecordType<Value>, value: Value): string {
  return typeof key === 'function' ? key(value) : String(value[key]);
}
