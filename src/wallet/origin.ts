/** True when the URI names something at the origin, as a URL parser reads it and without credentials. */
export function liesUnder(uri: string, origin: string): boolean {
  if (!URL.canParse(uri)) return false;
  const { origin: actual, username, password } = new URL(uri);
  return actual === origin && username === '' && password === '';
}
