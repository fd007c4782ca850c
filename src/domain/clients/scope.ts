/** The scopes of this server; APIs have their own. Source: OpenID Connect Core §5.4, §11. */
export const scopes = ['openid', 'profile', 'email', 'offline_access'] as const;

const descriptions: Readonly<Record<(typeof scopes)[number], string>> = {
  openid: 'Know who you are, by an identifier that this service gave you',
  profile: 'See your name or your wallet’s address',
  email: 'See your email address',
  offline_access: 'Stay signed in for you, also while you are away',
};

/** The distinct names in a `scope` parameter, in order. Source: RFC 6749 §3.3. */
export function parseScope(scope: string | undefined): string[] {
  return [...new Set((scope ?? '').split(' ').filter((name) => name !== ''))];
}

export function isOwnScope(name: string): boolean {
  return scopes.some((scope) => scope === name);
}

/** What a scope allows, in words for the end-user; the scope's own name when it has no description. */
export function describeScope(name: string): string {
  const known = scopes.find((scope) => scope === name);
  return known === undefined ? name : descriptions[known];
}
