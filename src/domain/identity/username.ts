/** The longest that a username can be, in characters. */
export const longestUsername = 200;

/** True for a name that a user may have: visible characters, not blank at its ends, 200 at most, also in {@link canonicalUsername}. */
export function isUsername(name: string): boolean {
  const isVisible = name !== '' && name.trim() === name && !/\p{C}/u.test(name);
  return isVisible && name.length <= longestUsername && canonicalUsername(name).length <= longestUsername;
}

/** One spelling for all that mean one user: a username is unique whatever its case. Source: docs/http-api.md, section Limits. */
export function canonicalUsername(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}

/** What was typed, without the blanks around it that the keyboards of phones add: no user's name has any. */
export function typedUsername(text: string): string {
  return text.trim();
}
