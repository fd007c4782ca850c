import * as z from 'zod';

/** Milliseconds since the epoch. MongoDB keeps a date: its TTL indexes remove a record by one. */
export const time = z.number();

/** A hash in base64url; MongoDB keeps its bytes. */
export const hash = z.string();

/** A hash in hex; MongoDB keeps its bytes. */
export const hexHash = z.string();

/** An object of a record, or the record itself. */
export function record<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.object(shape).readonly();
}

export function list<Item extends z.ZodType>(item: Item) {
  return z.array(item).readonly();
}

/** A field that a record may be without; never undefined, never null. */
export const optional = z.exactOptional;

/** How a value is written as one text. */
export interface TextForm<Value> {
  toText(value: Value): string;
  fromText(text: string): Value;
}

const textForms = new WeakMap<z.core.$ZodType, TextForm<unknown>>();

/** A value that MongoDB keeps as one text, because a document spends more on names and types than on what is in it. */
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
  /** The names under which a record is to be found besides its key. */
  readonly namesOf?: (value: Value) => readonly string[];
}

export interface RecordType<Value extends object> extends TableType<Value> {
  /** The key of a record: one of its fields, or made of several. */
  readonly key: (keyof Value & string) | ((value: Value) => string);
  /** True: {@link key} may change, but names one record at a time. */
  readonly isKeyChanging?: boolean;
}

export function keyIn<Value extends object>({ key }: RecordType<Value>, value: Value): string {
  return typeof key === 'function' ? key(value) : String(value[key]);
}
