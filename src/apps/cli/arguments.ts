import type * as z from 'zod';
import { listOfTexts, valueOfText } from '../../platform/fields/field-texts';
import type { Fields } from '../../platform/fields/fields';
import { UsageError } from './usage-error';

/** The arguments after the words of a command. */
export interface Arguments {
  readonly positionals: readonly string[];
  /** By field name, as they would be sent to the API. */
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Parses options, which are field names with `-` for `_`: `--name value` or `--name=value`, repeated for lists; a switch is
 * `--name`, `--no-name` or `--name=false`. An empty value is null, which removes the field. Throws: {@link UsageError}.
 */
export function readArguments(words: readonly string[], fields: Fields): Arguments {
  const positionals: string[] = [];
  const given = new Map<string, string[]>();
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      positionals.push(...rest.splice(0));
    } else if (word.startsWith('--')) {
      const { name, field, value } = optionIn(word, fields);
      const text = value ?? (field.def.type === 'boolean' ? flagIn(rest) : rest.shift());
      if (text === undefined) throw new UsageError(`--${spelled(name)} needs a value`);
      given.set(name, [...(given.get(name) ?? []), text]);
    } else {
      positionals.push(word);
    }
  }
  const values = [...given].map(([name, texts]) => [name, valueOf(name, fields[name], texts)] as const);
  return { positionals, values: Object.fromEntries(values) };
}

/** The value of a switch. Throws: {@link UsageError} for anything but true and false, rather than guess. */
export function isSwitchedOn({ values }: Arguments, name: string): boolean {
  const value = values[name] ?? false;
  if (typeof value !== 'boolean' || values[name] === null) throw new UsageError(`--${spelled(name)} takes no value`);
  return value;
}

/** The option for a field name. */
export function spelled(name: string): string {
  return name.replaceAll('_', '-');
}

interface Option {
  readonly name: string;
  readonly field: z.ZodType;
  readonly value: string | undefined;
}

function optionIn(word: string, fields: Fields): Option {
  const [, written = '', value] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
  const name = written.replaceAll('-', '_');
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (field !== undefined) return { name, field, value };
  const negated = name.startsWith('no_') && Object.hasOwn(fields, name.slice(3)) ? fields[name.slice(3)] : undefined;
  if (negated?.def.type === 'boolean' && value === undefined)
    return { name: name.slice(3), field: negated, value: 'false' };
  throw new UsageError(`unknown option --${written}`);
}

/** An optional value after a switch. */
function flagIn(rest: string[]): string | undefined {
  return rest[0] === 'true' || rest[0] === 'false' ? rest.shift() : 'true';
}

function valueOf(name: string, field: z.ZodType | undefined, texts: readonly string[]): unknown {
  const [text = '', ...others] = texts;
  if (field?.def.type === 'array') {
    return text === '' && others.length === 0 ? [] : listOfTexts(field, texts);
  }
  if (others.length > 0) throw new UsageError(`--${spelled(name)} is given twice`);
  return text === '' ? null : valueOfText(field, text);
}
