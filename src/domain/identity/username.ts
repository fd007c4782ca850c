/** Characters. */
export const longestUsername = 200;

/** True for a valid username: visible characters, not blank at its ends, at most 200, also in {@link canonicalUsername}. */
export function isUsername(name: string): boolean {
  const isVisible = name !== '' && name.trim() === name && !/\p{C}/u.test(name);
  return isVisible && name.length <= longestUsername && canonicalUsername(name).length <= longestUsername;
}

/** The spelling that identifies a user: usernames are unique ignoring case. Source: docs/http-api.md, section Limits. */
export function canonicalUsername(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}

/** Without the blanks that phone keyboards add; no username has any at its ends. */
export function typedUsername(text: string): string {
  return text.trim();
}
