import { Browser } from '../browser';
import { assertedBy, assertedLogin, assertionRequest, isSignedIn, newPasskeyChallenge } from '../passkey-client';
import type { AssertionRequest, SoftwareAuthenticator } from '../software-authenticator';
import { type Attack, type AttackContext, type Attempt, attempt } from './attack';

/** The RP ID of another site. */
export const otherRelyingParty = 'other.invalid';

/** In a browser of the attacker, with what the victim's passkey, or another key, signed for its challenge. */
async function inOwnBrowser(
  context: AttackContext,
  changed: Partial<AssertionRequest>,
  signer?: SoftwareAuthenticator,
): Promise<Attempt> {
  const browser = new Browser(context.wire, context.credentials);
  const challenge = await newPasskeyChallenge(context, browser);
  const credential = assertedBy(context, challenge, changed, signer);
  return attempt(context, browser.prepare(assertionRequest(challenge, credential)));
}

/** Assertions of another origin, relying party, account, key or person. */
export const forgedAssertionAttacks = [
  {
    id: 'passkey.other-origin',
    title: 'Phishing page of another origin',
    model: 'passkey',
    knowledge:
      'A page on another host of the same domain, to which the victim comes, and a challenge that the attacker’s own browser was given.',
    attempt:
      'Relays the challenge to the victim’s browser, has the passkey sign it there, and sends the assertion itself.',
    defence: 'The browser writes into the assertion at which origin it was made, and no page can change that.',
    source: 'WebAuthn Level 3 §7.2 step 13, §13.4.9',
    refusals: ['origin_mismatch'],
    mount: async (context) => {
      const { protocol, host } = new URL(context.issuer);
      return { attempts: [await inOwnBrowser(context, { origin: `${protocol}//phishing.${host}` })], checks: [] };
    },
  },
  {
    id: 'passkey.other-rp',
    title: 'Assertion for another relying party',
    model: 'passkey',
    knowledge: 'A program on the victim’s device, which asks for an assertion in the name of another relying party.',
    attempt: 'Sends that assertion here.',
    defence: 'The authenticator signs for which relying party it was asked, by the hash of its id.',
    source: 'WebAuthn Level 3 §7.2 step 15',
    refusals: ['rp_id_mismatch'],
    mount: async (context) => ({ attempts: [await inOwnBrowser(context, { rpId: otherRelyingParty })], checks: [] }),
  },
  {
    id: 'passkey.other-account',
    title: 'Passkey in the name of another account',
    model: 'passkey',
    knowledge: 'A passkey and an account of the attacker’s own here, and the victim’s user handle.',
    attempt: 'Signs with its own passkey, and names the victim’s user handle.',
    defence: 'A passkey signs in the account that has it, and no other.',
    source: 'WebAuthn Level 3 §7.2 step 6',
    refusals: ['passkey_unknown'],
    mount: async (context) => {
      const { attacker, victim } = context.persons;
      const browser = new Browser(context.wire, context.credentials);
      const challenge = await newPasskeyChallenge(context, browser);
      const { userHandle } = victim.authenticator;
      const credential = attacker.authenticator.assert({ ...challenge, origin: context.issuer, userHandle });
      const request = browser.prepare(assertionRequest(challenge, credential));
      const answer = await browser.send(request);
      const page = await browser.send(browser.prepare({ method: 'GET', path: '/account' }));
      return { attempts: [{ request, answer, got: page.text.includes(victim.user.username) }], checks: [] };
    },
  },
  {
    id: 'passkey.forged-signature',
    title: 'Signature by another key',
    model: 'passkey',
    knowledge: 'The id of the victim’s passkey and the user handle, from an earlier assertion.',
    attempt: 'Makes an assertion with them, and signs it with a key of its own.',
    defence: 'The signature is verified with the public key that was stored when the passkey was made.',
    source: 'WebAuthn Level 3 §7.2 step 21',
    refusals: ['signature_mismatch'],
    mount: async (context) => {
      const { authenticator } = context.persons.attacker;
      return { attempts: [await inOwnBrowser(context, {}, authenticator)], checks: [] };
    },
  },
  {
    id: 'passkey.not-verified',
    title: 'Found security key',
    model: 'passkey',
    knowledge: 'The victim’s security key, and not its PIN.',
    attempt: 'Touches it, so that it signs without having verified anybody.',
    defence: 'The authenticator says whether it has verified its owner, and without that the assertion is refused.',
    source: 'WebAuthn Level 3 §7.2 step 17',
    refusals: ['user_not_verified'],
    mount: async (context) => ({ attempts: [await inOwnBrowser(context, { userVerified: false })], checks: [] }),
  },
  {
    id: 'passkey.cloned',
    title: 'Copy of a passkey',
    model: 'passkey',
    knowledge: 'A copy of the victim’s security key with all that is in it.',
    attempt: 'Signs with the copy after the original has been used: its counter stands where it stood.',
    defence:
      'A counter that does not rise shows that there are two. The passkey is suspected from then on, until its owner says that it is fine.',
    source: 'WebAuthn Level 3 §7.2 step 22, §6.1.1',
    refusals: ['counter_regressed'],
    mount: async (context) => {
      const { browser, request } = await assertedLogin(context, { counter: 2 });
      await browser.send(request);
      const used = await isSignedIn(browser);
      const made = await inOwnBrowser(context, { counter: 1 });
      return { attempts: [made], checks: [{ claim: 'the original had signed in before', held: used }] };
    },
  },
] as const satisfies readonly Attack[];
