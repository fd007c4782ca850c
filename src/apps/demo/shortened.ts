const credentials = new Set([
  'access_token',
  'id_token',
  'refresh_token',
  'code',
  'code_verifier',
  'signature',
  'csrf',
  'cookie',
  'authorization',
]);

/** A value as the demo prints it: of a credential its beginning and its length, of a password nothing. */
export function shortened(name: string, value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (name === 'password') return '…';
  if (credentials.has(name.toLowerCase())) return `${text.slice(0, 6)}… (${text.length} characters)`;
  return text.includes('\n') ? `${JSON.stringify(text).slice(0, 90)}…` : text;
}
