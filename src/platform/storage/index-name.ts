import { hash } from 'node:crypto';

/**
 * A component of a name in an index, which ends with a space: the text as it is, or, when it is longer than that many
 * characters or of characters that sort otherwise, 132 bits of its SHA-256 behind a `#`.
 */
export function nameComponent(text: string, longest = 24): string {
  if (text.length <= longest && /^[!"$-}][!-}]*$/.test(text)) return `${text} `;
  return `#${hash('sha256', text, 'base64url').slice(0, 22)} `;
}
