/** The longest that a username can be, in characters. */
export const longestUsername = 200;

/** True for a name that a user may have: visible characters, not blank at its ends, of which there are 200 at most. */
export function isUsername(name: string): boolean {
  return name.length <= longestUsername && name !== '' && name.trim() === name && !/\p{C}/u.test(name);
}

/** One spelling for all that mean one user: a username is unique whatever its case. Source: docs/http-api.md, section Limits. */
export function canonicalUsername(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}
