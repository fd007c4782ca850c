import * as z from 'zod';
import { isLoopbackHost } from '../config';
import type { Field } from './fields';

/** Characters of a URI. */
export const longestUri = 512;
const mostItems = 50;

/** A line that people read. */
export function textField(longest: number, about: string): Field<string> {
  return {
    kind: 'text',
    parse: z
      .string()
      .max(longest)
      .refine((text) => text.trim() !== '' && !/[\p{Cc}\p{Cs}]/u.test(text)),
    allowed: `a text of 1 to ${longest} characters without control characters`,
    about,
    schema: { type: 'string', maxLength: longest },
  };
}

export function flagField(about: string): Field<boolean> {
  return { kind: 'flag', parse: z.boolean(), allowed: 'true or false', about, schema: { type: 'boolean' } };
}

export function numberField(min: number, max: number, about: string): Field<number> {
  return {
    kind: 'number',
    parse: z.number().int().min(min).max(max),
    allowed: `a whole number from ${min} to ${max}`,
    about,
    schema: { type: 'integer', minimum: min, maximum: max },
  };
}

export function choiceField<const Choice extends string>(choices: readonly Choice[], about: string): Field<Choice> {
  const isChoice = (value: unknown): value is Choice => choices.some((each) => each === value);
  return {
    kind: 'text',
    parse: z.custom<Choice>(isChoice),
    allowed: choices.join(', '),
    about,
    schema: { type: 'string', enum: choices },
  };
}

/** A text that `isAllowed` decides about. */
export function ruledField(isAllowed: (text: string) => boolean, allowed: string, about: string): Field<string> {
  return { kind: 'text', parse: z.string().refine(isAllowed), allowed, about, schema: { type: 'string' } };
}

/** A list of what `item` is, each once. */
export function listField<Item>(item: Field<Item>, about: string): Field<readonly Item[]> {
  return {
    kind: 'list',
    parse: z
      .array(item.parse)
      .max(mostItems)
      .refine((items) => new Set(items).size === items.length),
    allowed: `a list of at most ${mostItems}, each once, of: ${item.allowed}`,
    about,
    schema: { type: 'array', maxItems: mostItems, items: item.schema },
  };
}

/** True for a URL over https, or over http on this machine, that a browser or this service can be sent to. */
export function isWebUrl(text: string): boolean {
  const url = parsedUri(text);
  if (url === undefined || url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname));
}

/** True for an origin as browsers send it, over https or over http on this machine. */
export function isWebOrigin(text: string): boolean {
  return isWebUrl(text) && new URL(text).origin === text;
}

/** Schemes without a dot that applications of many users have made their own, each with an authority after it. */
const schemesOfApps: ReadonlySet<string> = new Set(
  ['claude', 'cursor', 'obsidian', 'raycast', 'vscode', 'vscode-insiders', 'vscodium', 'windsurf', 'zed'].map(
    (name) => `${name}:`,
  ),
);

/**
 * True for where a client can be sent back to: a web URL, or one of an app's own scheme, which holds a dot or is known to be
 * one's. Source: RFC 6749 §3.1.2, RFC 8252 §7.1, §7.3.
 */
export function isRedirectUri(text: string): boolean {
  if (isWebUrl(text)) return true;
  const url = parsedUri(text);
  if (url === undefined) return false;
  if (schemesOfApps.has(url.protocol)) return url.host !== '' && url.username === '' && url.password === '';
  return /^[a-z][a-z\d+-]*(?:\.[a-z\d+-]+)+:$/.test(url.protocol);
}

/** Visible ASCII, an absolute URI, no fragment. */
function parsedUri(text: string): URL | undefined {
  if (text.length > longestUri || !/^[!-~]+$/.test(text) || text.includes('#') || !URL.canParse(text)) return undefined;
  return new URL(text);
}
