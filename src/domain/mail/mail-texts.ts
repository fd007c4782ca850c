import type { LinkPurpose } from '../identity/user-store';

/** What an end-user is told by mail, by event: the rest is not worth one. `address_taken`: a sign-up with their address. */
const told = {
  passkey_added: 'A passkey was added to your account.',
  passkey_removed: 'A passkey was removed from your account.',
  passkey_suspected: 'A passkey of your account may have been copied, and is refused until you say that it is fine.',
  passkey_trusted: 'A passkey of your account that may have been copied is accepted again.',
  wallet_linked: 'A wallet was linked to your account. It can sign in as you.',
  wallet_unlinked: 'A wallet is not linked to your account any more.',
  password_changed: 'The password of your account was changed.',
  password_removed: 'The password of your account was removed.',
  recovery_codes_made: 'New recovery codes were made for your account. Those before are void.',
  recovery_code_used: 'Somebody signed in to your account with a recovery code.',
  email_changed: 'Another email address was given for your account.',
  email_verified: 'This email address was confirmed for your account.',
  link_used: 'A link was used to choose how your account signs in.',
  address_taken: 'Somebody wanted to make an account with your email address. You have one already: sign in with it.',
} as const;

export type MailEvent = keyof typeof told;

export const mailEvents = Object.keys(told) as [MailEvent, ...MailEvent[]];

const links: Readonly<Record<LinkPurpose, string>> = {
  invitation: 'There is an account for you. Open this link to choose how you will sign in:',
  recovery:
    'Somebody, probably you, wants to recover your account. Open this link to choose how you will sign in from now on; everything that is signed in will be signed out:',
  email: 'Somebody gave this email address for an account. If it was you, open this link and confirm it:',
};

export interface MailText {
  readonly subject: string;
  readonly text: string;
}

/** `at`: milliseconds since the epoch. */
export function textOfEvent(event: MailEvent, username: string, issuer: string, at: number): MailText {
  const wasYou =
    event === 'address_taken'
      ? 'If it was not you, there is nothing to do: no second account can sign in with your address.'
      : `If it was not you, recover your account now: ${issuer}/recover`;
  const about = [`Account: ${username}`, `When: ${dateOf(at)}`, `Where: ${issuer}/account`];
  return { subject: 'Your account', text: paragraphs(told[event], about.join('\n'), wasYou) };
}

/** Names no username: whoever asked for it may have chosen that, and the address may be somebody else's. */
export function textOfLink(purpose: LinkPurpose, url: string, issuer: string, expiresAt: number): MailText {
  const subjects = { invitation: 'Your invitation', recovery: 'Recover your account', email: 'Confirm your address' };
  const until = `It works once, until ${dateOf(expiresAt)}.`;
  const wasYou = `If you did not ask for this, there is nothing to do. It comes from ${issuer}.`;
  return { subject: subjects[purpose], text: paragraphs(links[purpose], url, until, wasYou) };
}

function paragraphs(...texts: readonly string[]): string {
  return `${texts.join('\n\n')}\n`;
}

const dates = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });

function dateOf(time: number): string {
  return `${dates.format(time)} UTC`;
}
