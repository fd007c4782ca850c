import { hashSecret, newSecret } from '../credentials/secret';
import type { User, UserLink } from './user-store';

/** Seconds that a link lives: by default, and at most. */
export const linkLifetime = 86_400;
export const longestLinkLifetime = 604_800;

/** A link with its secret, which is in its URL and nowhere else. */
export interface NewLink {
  readonly secret: string;
  readonly link: UserLink;
}

/**
 * A new link. Its secret is `<purpose>.<43 characters>`, so that the page knows what to ask for. Times are in milliseconds since
 * the epoch.
 */
export function newLink(about: Pick<UserLink, 'purpose' | 'email' | 'expiresAt'>): NewLink {
  const secret = `${about.purpose}.${newSecret()}`;
  return { secret, link: { ...about, secretHash: hashSecret(secret) } };
}

/** The user with this link instead of the one of its purpose. */
export function withLink(user: User, link: UserLink): User {
  const others = (user.links ?? []).filter(({ purpose }) => purpose !== link.purpose);
  return { ...user, links: [...others, link] };
}

/**
 * The user with a link whose secret is in a mail. A living link of the purpose keeps the secret that it has: whoever was given
 * that can still use it, and either use is the one. `shownHash`: the mail is for the link with this secret alone. Undefined when
 * there is none to be mailed.
 */
export function withMailedLink(
  user: User,
  link: UserLink,
  shownHash: string | undefined,
  now: number,
): User | undefined {
  if (link.expiresAt <= now) return undefined;
  const { purpose, email, secretHash: mailedHash } = link;
  const living = (user.links ?? []).find(
    (each) => each.purpose === purpose && each.email === email && each.usedAt === undefined && each.expiresAt > now,
  );
  if (shownHash !== undefined && living?.secretHash !== shownHash) return undefined;
  if (living === undefined) return withLink(user, link);
  return withLink(user, { ...living, mailedHash, expiresAt: Math.max(living.expiresAt, link.expiresAt) });
}

/** The link with this secret, by its hash. */
export function linkWith({ links = [] }: User, hash: string): UserLink | undefined {
  return links.find(({ secretHash, mailedHash }) => secretHash === hash || mailedHash === hash);
}

/** In a fragment, so that no log, proxy or Referer holds the secret. */
export function urlOfLink(issuer: string, secret: string): string {
  return `${issuer}/link#${secret}`;
}
