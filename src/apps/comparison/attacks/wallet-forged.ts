import { newWallet, sign, type SignedChallenge, signedChallenge, verifyRequest } from '../wallet-client';
import type { Attack, AttackContext, Evidence } from './attack';
import { malleated } from './malleated';
import { stolen } from './replay';

const thenOwner = 'the owner then signed in';

/** The attacker sends the nonce with a signature that is not the issued one, and then the owner signs in. */
function withOtherSignature(context: AttackContext, challenge: SignedChallenge, signature: string): Promise<Evidence> {
  const requests = [verifyRequest({ nonce: challenge.nonce, signature })];
  return stolen(context, requests, challenge.request, thenOwner);
}

/** It sends a text of its own with a signature of exactly that text, and then the signature alone. */
export function withOtherMessage(
  context: AttackContext,
  challenge: SignedChallenge,
  message: string,
  signature: string,
): Promise<Evidence> {
  // Unchanged, this would be the owner's own login.
  if (message === challenge.message) throw new Error('The message does not have the line to alter');
  const { nonce } = challenge;
  const requests = [verifyRequest({ message, signature }), verifyRequest({ nonce, signature })];
  return stolen(context, requests, challenge.request, thenOwner);
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
      const challenge = await signedChallenge(context);
      return withOtherSignature(context, challenge, await sign(context, newWallet(), challenge.message));
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
      const [challenge, attacker] = [await signedChallenge(context), newWallet()];
      const swapped = challenge.message.replaceAll(challenge.wallet.address, attacker.address);
      return withOtherMessage(context, challenge, swapped, await sign(context, attacker, swapped));
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
    mount: async (context) => {
      const challenge = await signedChallenge(context);
      const later = challenge.message.replace(/^Expiration Time: \d{4}/m, 'Expiration Time: 2999');
      return withOtherMessage(context, challenge, later, await sign(context, challenge.wallet, later));
    },
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
    mount: async (context) => {
      const challenge = await signedChallenge(context);
      const theirs = challenge.message.replaceAll(new URL(context.clients.redirectUri).host, 'phishing.invalid');
      return withOtherMessage(context, challenge, theirs, await sign(context, challenge.wallet, theirs));
    },
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
      const challenge = await signedChallenge(context);
      const other = malleated(challenge.signature);
      context.credentials.learn(other);
      return withOtherSignature(context, challenge, other);
    },
  },
  {
    id: 'wallet.made-up-signature',
    title: 'Bytes in place of a signature',
    model: 'wallet',
    knowledge: 'The nonce and the message, which are no secret.',
    attempt: 'Sends bytes that no key can have made.',
    defence: 'A signature must be one: its values in range, and a point of the curve behind them.',
    source: 'SEC 1 §4.1.4, EIP-191',
    refusals: ['signature_malformed'],
    mount: async (context) => {
      const signature = `0x${'ff'.repeat(64)}1b`;
      context.credentials.learn(signature);
      return withOtherSignature(context, await signedChallenge(context), signature);
    },
  },
] as const satisfies readonly Attack[];
