/** True for an email address of at most 254 characters. Source: RFC 5321 §4.5.3.1. */
export function isEmailAddress(text: string): boolean {
  return text.length <= 254 && /^[^\s@\p{C}]{1,64}@[^\s@\p{C}]+$/u.test(text);
}
