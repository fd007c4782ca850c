/** One spelling for all that mean one user: a username is unique whatever its case. Source: docs/http-api.md, section Limits. */
export function canonicalUsername(username: string): string {
  return username.normalize('NFKC').toLowerCase();
}
