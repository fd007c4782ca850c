/** Characters: longer ones would not fit into a key of every store. */
export const longestIdentifier = 512;

/** A scheme, then the characters that RFC 3986 §2 allows, but no fragment. */
const absoluteUri = /^[a-z][a-z\d+.-]*:[\w:/?[\]@!$&'()*+,;=.~%-]+$/i;
/** An authority without a path. */
const emptyPath = /^([a-z][a-z\d+.-]*:\/\/[^/?]+)(?=\?|$)/i;

/**
 * The canonical spelling of a resource identifier: unchanged, but an empty path becomes `/`. Undefined for a text that is not
 * an absolute URI without a fragment, or exceeds {@link longestIdentifier} characters. Source: RFC 8707 §2, RFC 3986 §4.3,
 * §6.2.3.
 */
export function canonicalResource(resource: string): string | undefined {
  if (resource.length > longestIdentifier || !absoluteUri.test(resource) || !URL.canParse(resource)) return undefined;
  return resource.replace(emptyPath, '$1/');
}

/** True when URL parsers treat both as equal. Source: RFC 3986 §6.2.2, §6.2.3; URL Standard §4.5. */
export function isSameResource(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) && new URL(one).href === new URL(other).href;
}
