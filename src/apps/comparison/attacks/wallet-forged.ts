import { newWallet, sign, signedChallenge, verifyRequest } from '../wallet-client';
import { type AttackContext, type Attack, attempt } from './attack';
import { ownerFinishes } from './replay';
import { malleated } from './malleated';

const claim = 'the owner then signed in';

/** The attacker sends a text of its own with a signature of exactly that text, and then the signature alone. */
async function withOtherMessage(
  context: AttackContext,
  change: (message: string) => string,
  signs: 'victim' | 'attacker',
) {
  const { wallet, nonce, message, signature } = await signedChallenge(context);
  const altered = change(message);
  // Were nothing changed, this would be the owner's own login.
  if (altered === message) throw new Error('The message does not have the line to alter');
  const forged = await sign(context, signs === 'victim' ? wallet : newWallet(), altered);
  const attempts = [
    await attempt(context, verifyRequest({ message: altered, signature: forged })),
    await attempt(context, verifyRequest({ nonce, signature: forged })),
  ];
  return { attempts, checks: [await ownerFinishes(context, verifyRequest({ nonce, signature }), claim)] };
}

/** Signatures that are not the owner's of the issued message. */
export const forgedSignatureAttacks = [
  {
    id: 'wallet.other-account',
    title: 'Signature of another account',
    model: 'wallet',
    knowledge: 'The nonce and the message, which are no secret; and a key of its own.',
    attempt: 'Signs the victim’s message with its own key.',
    defence: 'The account recovered from the signature must be the one that the nonce was issued to.',
    source: 'EIP-4361, EIP-191',
    refusals: ['signature_mismatch'],
    mount: async (context) => {
      const { nonce, message, signature } = await signedChallenge(context);
      const forged = await sign(context, newWallet(), message);
      const theft = await attempt(context, verifyRequest({ nonce, signature: forged }));
      return { attempts: [theft], checks: [await ownerFinishes(context, verifyRequest({ nonce, signature }), claim)] };
    },
  },
  {
    id: 'wallet.swapped-address',
    title: 'Swapped address',
    model: 'wallet',
    knowledge: 'The nonce and the message, which are no secret; and a key of its own.',
    attempt:
      'Writes its own address into the victim’s message and signs that with its own key, so that signature and text agree.',
    defence:
      'The message must be the issued one byte for byte, and the nonce belongs to the victim’s address from the start.',
    source: 'EIP-4361, docs/http-api.md',
    refusals: ['message_mismatch', 'signature_mismatch'],
    mount: async (context) => {
      const { wallet, nonce, message, signature } = await signedChallenge(context);
      const attacker = newWallet();
      const swapped = message.replaceAll(wallet.address, attacker.address);
      const forged = await sign(context, attacker, swapped);
      const attempts = [
        await attempt(context, verifyRequest({ message: swapped, signature: forged })),
        await attempt(context, verifyRequest({ nonce, signature: forged })),
      ];
      return { attempts, checks: [await ownerFinishes(context, verifyRequest({ nonce, signature }), claim)] };
    },
  },
  {
    id: 'wallet.altered-message',
    title: 'Altered message',
    model: 'wallet',
    knowledge: 'A place between the server and the wallet, from where it shows the victim an altered message to sign.',
    attempt: 'Has the victim sign the message with a later expiry, and sends text and signature, which agree.',
    defence: 'What was signed must be the message that was issued, byte for byte.',
    source: 'EIP-4361, docs/http-api.md',
    refusals: ['message_mismatch', 'signature_mismatch'],
    mount: (context) =>
      withOtherMessage(
        context,
        (message) => message.replace(/^Expiration Time: \d{4}/m, 'Expiration Time: 2999'),
        'victim',
      ),
  },
  {
    id: 'wallet.other-domain',
    title: 'Message for another domain',
    model: 'wallet',
    knowledge: 'A phishing site that the victim signs in to, and a nonce that it got here for the victim’s address.',
    attempt: 'Has the victim sign a message of its own domain that carries the nonce, and presents the signature here.',
    defence:
      'The domain in the message is that of the registered client; a signature for another one is of another text.',
    source: 'EIP-4361, Security Considerations: Phishing Attacks',
    refusals: ['message_mismatch', 'signature_mismatch'],
    mount: (context) =>
      withOtherMessage(
        context,
        (message) => message.replaceAll(new URL(context.clients.redirectUri).host, 'phishing.invalid'),
        'victim',
      ),
  },
  {
    id: 'wallet.malleated',
    title: 'Malleated signature',
    model: 'wallet',
    knowledge: 'The nonce and the valid signature, read on their way before they were used.',
    attempt: 'Replaces s of the signature by n - s, which is as valid on the curve but a different text.',
    defence:
      'Only the signature with the low s is one, so that a signature has no second form to pass by a list of used ones.',
    source: 'EIP-2, SEC 1 §4.1.4',
    refusals: ['signature_malformed'],
    mount: async (context) => {
      const { nonce, signature } = await signedChallenge(context);
      const other = malleated(signature);
      context.credentials.learn(other);
      const theft = await attempt(context, verifyRequest({ nonce, signature: other }));
      return { attempts: [theft], checks: [await ownerFinishes(context, verifyRequest({ nonce, signature }), claim)] };
    },
  },
] as const satisfies readonly Attack[];
