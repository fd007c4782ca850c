/** Characters; longer paths exceed the limits of cookies and proxies. */
const longest = 2_048;

/**
 * The full URL of a requested path of this application, with query and fragment; undefined for anything that leads elsewhere.
 * Never the text itself: browsers read `//host`, `/\host` and `/.//host` as other origins. Source: RFC 9700 §4.11.1.
 */
export function returnUrl(path: string | null | undefined, origin: string): string | undefined {
  if (typeof path !== 'string' || path.length > longest || !path.startsWith('/')) return undefined;
  if (!URL.canParse(path, origin)) return undefined;
  const url = new URL(path, origin);
  return url.origin === origin && url.username === '' && url.password === '' ? url.href : undefined;
}
