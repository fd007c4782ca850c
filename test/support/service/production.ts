/** The settings without which nothing starts in this environment, for tests that are not about them. */
export function settingsFor(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return env['NODE_ENV'] === 'production' ? { KEY_ENCRYPTION_KEYS: testKeyEncryptionKey } : {};
}

/** One that all processes of a test share, so that each opens what another has stored. */
export const testKeyEncryptionKey = Buffer.alloc(32, 'a key of the tests').toString('base64url');
