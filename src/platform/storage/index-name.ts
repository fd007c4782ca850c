import { hash } from 'node:crypto';

/**
 * A component of an index name, followed by a space: the text itself or, when it is longer than `longest` or has characters
 * that sort differently, `#` and 132 bits of its SHA-256.
 */
export function nameComponent(text: string, longest = 24): string {
  if (text.length <= longest && /^[!"$-}][!-}]*$/.test(text)) return `${text} `;
  return `#${hash('sha256', text, 'base64url').slice(0, 22)} `;
}
