export const shortestPassword = 8;
export const longestPassword = 200;

/** As many of the most common passwords are refused. */
const commonPasswords = 10_000;

let common: Promise<ReadonlySet<string>> | undefined;

/** True for 8 to 200 characters of whole Unicode. */
export function isPassword(text: string): boolean {
  const length = [...text].length;
  return length >= shortestPassword && length <= longestPassword && !/\p{Cs}/u.test(text);
}

/** True for a password that an end-user may choose: {@link isPassword}, and none of the 10,000 most common, whatever its case. */
export async function isFitPassword(text: string): Promise<boolean> {
  if (!isPassword(text)) return false;
  common ??= loadCommon();
  return !(await common).has(text.toLowerCase());
}

/** Loaded with the first password that somebody chooses, and only those that would be long enough. */
async function loadCommon(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return new Set(dictionary['passwords-common'].slice(0, commonPasswords).filter(isPassword));
}
