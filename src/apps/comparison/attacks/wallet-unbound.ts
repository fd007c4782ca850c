import { accessTokenOf, errorOf } from '../answers';
import {
  type IssuedNonce,
  newNonce,
  newWallet,
  sign,
  signedChallenge,
  verifyRequest,
  type Wallet,
  writtenMessage,
} from '../wallet-client';
import { type AttackContext, type Attack, attempt } from './attack';

async function ownMessage(context: AttackContext, issued: IssuedNonce, wallet: Wallet) {
  const message = writtenMessage(context, issued, wallet);
  return verifyRequest({ message, signature: await sign(context, wallet, message) });
}

/** The price of messages that wallets write: a nonce without an address. */
export const unboundNonceAttacks = [
  {
    id: 'wallet.unbound-nonce',
    title: 'Redeemed nonce of another’s message',
    model: 'wallet',
    knowledge: 'The nonce of a login whose message the victim’s wallet writes itself; and a key of its own.',
    attempt: 'Writes a message for its own account with that nonce, signs it, and is faster than the victim.',
    defence:
      'None, because nobody knows the account when the nonce is handed out. The attacker signs in as itself: the victim has to begin again, and a page that does not compare the address of the answer is logged in as the attacker. A nonce that is bound to an address prevents it.',
    source: 'EIP-4361, docs/http-api.md, section POST /wallet/nonce',
    refusals: [],
    expected: 'succeeds',
    mount: async (context) => {
      const [victim, attacker] = [newWallet(), newWallet()];
      const issued = await newNonce(context);
      const victims = await ownMessage(context, issued, victim);
      const theft = await attempt(context, await ownMessage(context, issued, attacker));
      const late = await context.wire.send(victims);
      // The same attack on the other way, where the nonce is bound to the victim's address.
      const bound = await signedChallenge(context);
      const forged = await ownMessage(context, { ...issued, nonce: bound.nonce }, attacker);
      const refused = errorOf(await context.wire.send(forged)).reason;
      const { nonce, signature } = bound;
      const finished = accessTokenOf(await context.wire.send(verifyRequest({ nonce, signature })));
      return {
        attempts: [theft],
        checks: [
          { claim: 'the victim has to begin again', held: errorOf(late).reason === 'challenge_used' },
          {
            claim:
              'a nonce that was bound to the victim’s address prevented it (message_mismatch), and the victim signed in',
            held: refused === 'message_mismatch' && finished !== undefined,
          },
        ],
      };
    },
  },
] as const satisfies readonly Attack[];
