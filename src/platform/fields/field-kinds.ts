import * as z from 'zod';
import { isLoopbackHost } from '../settings';
import { allowedIn, field } from './fields';

/** Characters of a URI. */
export const longestUri = 512;
const mostItems = 50;

/** A line that people read. */
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

/** A text that `isAllowed` decides about. */
export function ruledField(isAllowed: (text: string) => boolean, allowed: string, about: string): z.ZodString {
  return field(z.string().refine(isAllowed), allowed, about);
}

/** A list of what `item` is, each once. */
export function listField<Item extends z.ZodType>(item: Item, about: string): z.ZodArray<Item> {
  const list = z
    .array(item)
    .max(mostItems)
    .refine((items) => new Set(items).size === items.length);
  return field(list, `a list of at most ${mostItems}, each once, of: ${allowedIn(item)}`, about);
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
