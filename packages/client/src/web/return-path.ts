/** Characters; longer ones do not survive in a cookie's or a proxy's limits. */
const longest = 2_048;

/**
 * The whole URL of a path of this application that somebody asked to be sent to, query and fragment included; undefined for
 * what leads anywhere else. Never the text itself: browsers read `//host`, `/\host` and `/.//host` as other origins.
 * Source: RFC 9700 §4.11.1.
 */
export function returnUrl(path: string | null | undefined, origin: string): string | undefined {
  if (typeof path !== 'string' || path.length > longest || !path.startsWith('/')) return undefined;
  if (!URL.canParse(path, origin)) return undefined;
  const url = new URL(path, origin);
  return url.origin === origin && url.username === '' && url.password === '' ? url.href : undefined;
}
