import * as z from 'zod';
import { FieldError } from '../../../platform/fields/field-error';
import { listOfTexts, textOfValue, valueOfText } from '../../../platform/fields/field-texts';
import type { Fields, JsonObject } from '../../../platform/fields/fields';
import type { Parameters } from '../../../platform/http/parameters';

/** What stands in the fields of a form, by their names. */
export type Typed = Readonly<Record<string, string>>;

/** A field as the form shows it. */
export interface ShownField {
  readonly name: string;
  readonly label: string;
  readonly about: string;
  readonly input: 'line' | 'lines' | 'choice' | 'time' | 'secret';
  readonly choices: readonly { readonly value: string; readonly text: string; readonly isChosen: boolean }[];
  readonly text: string;
  /** What is allowed, where the sent value was not. */
  readonly error: string | undefined;
}

/** The texts of these fields in a form that was sent. */
export function typedIn(form: Parameters, names: readonly string[]): Typed {
  return Object.fromEntries(names.map((name) => [name, (form.get(name) ?? '').replaceAll('\r\n', '\n').trim()]));
}

/** The texts of the fields of a record. */
export function typedOf(record: JsonObject, names: readonly string[]): Typed {
  return Object.fromEntries(names.map((name) => [name, textOf(name, record[name])]));
}

/** The values that differ from those of `before`; null where a text was removed. */
export function changesIn(fields: Fields, typed: Typed, before: JsonObject = {}): JsonObject {
  const changed = Object.entries(typed).filter(([name, text]) => text !== textOf(name, before[name]));
  return Object.fromEntries(
    changed.map(([name, text]) => [name, text === '' ? null : valueOf(name, fields[name], text)]),
  );
}

/** The fields with what was typed, but for secrets, and what is wrong. */
export function shownFields(
  fields: Fields,
  names: readonly string[],
  typed: Typed,
  failure?: Error,
): readonly ShownField[] {
  return names.map((name) => {
    const field = fields[name];
    const input = inputOf(name, field);
    const text = typed[name] ?? '';
    const isWrong = failure instanceof FieldError && failure.field === name;
    return {
      name,
      label: labelOf(name),
      about: (field && z.globalRegistry.get(field)?.description) ?? '',
      input,
      choices: input === 'choice' ? choicesOf(field).map((each) => ({ ...each, isChosen: each.value === text })) : [],
      text: input === 'secret' ? '' : text,
      error: isWrong ? `Allowed: ${failure.allowed}` : undefined,
    };
  });
}

/** `redirect_uris` as `Redirect URIs`. */
export function labelOf(name: string): string {
  const words = name.split('_').map((word) => abbreviations[word] ?? word);
  const text = words.join(' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const abbreviations: Readonly<Record<string, string>> = {
  uri: 'URI',
  uris: 'URIs',
  id: 'ID',
  jwks: 'JWKS',
  dpop: 'DPoP',
};

function inputOf(name: string, field: z.ZodType | undefined): ShownField['input'] {
  if (name === 'password') return 'secret';
  if (isTime(name)) return 'time';
  switch (field?.def.type) {
    case 'array':
    case 'object':
      return 'lines';
    case 'boolean':
    case 'enum':
      return 'choice';
    default:
      return 'line';
  }
}

function choicesOf(field: z.ZodType | undefined) {
  const values = field instanceof z.ZodEnum ? field.options.map(String) : ['true', 'false'];
  const texts: Readonly<Record<string, string>> = { true: 'yes', false: 'no' };
  return [{ value: '', text: 'not set' }, ...values.map((value) => ({ value, text: texts[value] ?? value }))];
}

function textOf(name: string, value: unknown): string {
  if (isTime(name) && typeof value === 'number') return new Date(value * 1_000).toISOString().slice(0, 16);
  return textOfValue(value);
}

function valueOf(name: string, field: z.ZodType | undefined, text: string): unknown {
  if (isTime(name)) {
    const milliseconds = Date.parse(`${text}Z`);
    return Number.isNaN(milliseconds) ? text : Math.floor(milliseconds / 1_000);
  }
  if (field?.def.type !== 'array') return valueOfText(field, text);
  const lines = text.split('\n').map((line) => line.trim());
  return listOfTexts(
    field,
    lines.filter((line) => line !== ''),
  );
}

/** Sent and returned in seconds since the epoch. */
function isTime(name: string): boolean {
  return name.endsWith('_at');
}
