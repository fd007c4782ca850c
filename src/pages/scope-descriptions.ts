import { scopes } from '../clients/scope';

const descriptions: Readonly<Record<(typeof scopes)[number], string>> = {
  openid: 'Know who you are, by an identifier that this service gave you',
  profile: 'See your name or your wallet’s address',
  offline_access: 'Stay signed in for you, also while you are away',
};

/** What a scope allows, said to the person who is asked for it; the scope's own name when there are no words for it. */
export function describeScope(name: string): string {
  const known = scopes.find((scope) => scope === name);
  return known === undefined ? name : descriptions[known];
}
