/** The scopes that this server knows. Source: OpenID Connect Core §5.4, §11. */
export const scopes = ['openid', 'profile', 'offline_access'] as const;

/** The names in a `scope` parameter, each once, in order. Source: RFC 6749 §3.3. */
export function parseScope(scope: string | undefined): string[] {
  return [...new Set((scope ?? '').split(' ').filter((name) => name !== ''))];
}

export function isKnownScope(name: string): boolean {
  return scopes.some((scope) => scope === name);
}
