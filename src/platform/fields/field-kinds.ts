import * as z from 'zod';
import { isLoopbackHost } from '../settings';
import { allowedIn, field } from './fields';

/** Characters of a URI. */
export const longestUri = 512;
const mostItems = 50;

/** One line of human-readable text. */
export function textField(longest: number, about: string): z.ZodString {
  const line = z
    .string()
    .max(longest)
    .refine((text) => text.trim() !== '' && !/[\p{Cc}\p{Cs}]/u.test(text));
  return field(line, `a text of 1 to ${longest} characters without control characters`, about);
}

export function flagField(about: string): z.ZodBoolean {
  return field(z.boolean(), 'true or false', about);
}

export function numberField(min: number, max: number, about: string): z.ZodInt {
  return field(z.int().min(min).max(max), `a whole number from ${min} to ${max}`, about);
}

export function choiceField<const Choice extends string>(choices: readonly Choice[], about: string) {
  return field(z.enum(choices), choices.join(', '), about);
}

/** A text for which `isAllowed` returns true. */
export function ruledField(isAllowed: (text: string) => boolean, allowed: string, about: string): z.ZodString {
  return field(z.string().refine(isAllowed), allowed, about);
}

/** A list of distinct items. */
export function listField<Item extends z.ZodType>(item: Item, about: string): z.ZodArray<Item> {
  const list = z
    .array(item)
    .max(mostItems)
    .refine((items) => new Set(items).size === items.length);
  return field(list, `a list of at most ${mostItems}, each once, of: ${allowedIn(item)}`, about);
}

/** True for a web URL that a browser or this service may be sent to: https, or http on this machine. */
export function isWebUrl(text: string): boolean {
  const url = parsedUri(text);
  if (url === undefined || url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname));
}

/** True for an origin as browsers send it: https, or http on this machine. */
export function isWebOrigin(text: string): boolean {
  return isWebUrl(text) && new URL(text).origin === text;
}

/** Well-known custom schemes of applications that have no dot; each is followed by an authority. */
const schemesOfApps: ReadonlySet<string> = new Set(
  ['claude', 'cursor', 'obsidian', 'raycast', 'vscode', 'vscode-insiders', 'vscodium', 'windsurf', 'zed'].map(
    (name) => `${name}:`,
  ),
);

/**
 * True for an allowed redirect URI: a web URL, or a custom scheme that contains a dot or is well known. Source: RFC 6749
 * §3.1.2, RFC 8252 §7.1, §7.3.
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
