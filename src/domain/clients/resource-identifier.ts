/** Characters: longer ones would not fit into a key of every store. */
export const longestIdentifier = 512;

/** A scheme, and then what RFC 3986 §2 allows but for a fragment. */
const absoluteUri = /^[a-z][a-z\d+.-]*:[\w:/?[\]@!$&'()*+,;=.~%-]+$/i;
/** An authority that is followed by no path. */
const emptyPath = /^([a-z][a-z\d+.-]*:\/\/[^/?]+)(?=\?|$)/i;

/**
 * The spelling under which a resource identifier is known: as it is, but an empty path as `/`. Undefined for a text that
 * is no absolute URI without a fragment, or is over {@link longestIdentifier} characters.
 * Source: RFC 8707 §2, RFC 3986 §4.3, §6.2.3.
 */
export function canonicalResource(resource: string): string | undefined {
  if (resource.length > longestIdentifier || !absoluteUri.test(resource) || !URL.canParse(resource)) return undefined;
  return resource.replace(emptyPath, '$1/');
}

/** True where readers of URLs take both for the same. Source: RFC 3986 §6.2.2, §6.2.3; URL Standard §4.5. */
export function isSameResource(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) && new URL(one).href === new URL(other).href;
}
