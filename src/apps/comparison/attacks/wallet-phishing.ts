import { grantIdFor } from '../../../domain/challenges/grant';
import { Browser } from '../browser';
import { signedLogin } from '../sign-in';
import { type Attack, attempt } from './attack';

/** What a wallet model's text cannot prevent, beside the passkey that an origin protects. */
export const phishingRelayAttacks = [
  {
    id: 'wallet.phishing-relay',
    title: 'Phishing page that relays a message',
    model: 'wallet',
    knowledge:
      'A page of another origin, to which the victim comes, and a message that the attacker’s own browser was given. The victim’s wallet does not compare the domain, and the victim does not read it.',
    attempt: 'Relays the message to the wallet, has it signed, and sends the signature itself.',
    defence:
      'Nothing here: the message names this server’s domain, but a text protects whoever reads it. A wallet that compares the domain with the page’s prevents it (EIP-4361), and so does a passkey, whose browser does.',
    source: 'EIP-4361, Wallet Implementer Guidelines: Verifying the domain binding; WebAuthn Level 3 §13.4.9',
    refusals: [],
    expected: 'succeeds',
    mount: async (context) => {
      const browser = new Browser(context.wire, context.credentials);
      const { nonce, request } = await signedLogin(context, browser);
      context.traces.push({ kind: 'session', id: grantIdFor('wallet_login', nonce) });
      return { attempts: [await attempt(context, browser.prepare(request))], checks: [] };
    },
  },
] as const satisfies readonly Attack[];
