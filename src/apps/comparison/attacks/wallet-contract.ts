import { accountId } from '../../../domain/identity/account-id';
import { newWallet, sign, signedChallenge, verifyRequest } from '../wallet-client';
import { type Attack, attempt } from './attack';
import { ownerFinishes } from './replay';

/** A contract account is one on one chain: at the same address of another one anybody's code may stand. */
export const foreignChainAttacks = [
  {
    id: 'wallet.contract-other-chain',
    title: 'Contract account of another chain',
    model: 'wallet',
    knowledge:
      'The nonce and the message, which are no secret; and a smart contract of its own at the victim’s address on another chain, which calls every signature right.',
    attempt:
      'Writes its chain into the message and sends that with a signature of that account’s owners, and then the signature alone.',
    defence:
      'The chain stands in the message, which must be the issued one byte for byte, and only that chain is ever asked. A contract account is named by its chain, so that what signs in on another one is somebody else.',
    source: 'ERC-1271, EIP-4361 (Chain ID), CAIP-10',
    // Without an RPC endpoint nobody is asked at all; with one, there is no code at that address of this chain.
    refusals: ['message_mismatch', 'signature_mismatch', 'signature_malformed', 'contract_accounts_unsupported'],
    mount: async (context) => {
      const { wallet, nonce, message, signature } = await signedChallenge(context);
      const otherChain = context.chainId === 1 ? 8_453 : 1;
      const altered = message.replace(/^Chain ID: \d+$/m, `Chain ID: ${otherChain}`);
      if (altered === message) throw new Error('The message does not have the line to alter');
      // As an account with two owners takes it: their signatures, one after the other.
      const owners = [await sign(context, newWallet(), altered), await sign(context, newWallet(), altered)];
      const ofContract = `${owners[0]}${owners[1]?.slice(2)}`;
      context.credentials.learn(ofContract);
      const attempts = [
        await attempt(context, verifyRequest({ message: altered, signature: ofContract })),
        await attempt(context, verifyRequest({ nonce, signature: ofContract })),
      ];
      const [here, there] = [accountId(context.chainId, wallet.address), accountId(otherChain, wallet.address)];
      return {
        attempts,
        checks: [
          await ownerFinishes(context, verifyRequest({ nonce, signature }), 'the owner then signed in'),
          { claim: 'a contract account at that address of another chain is another subject', held: here !== there },
        ],
      };
    },
  },
] as const satisfies readonly Attack[];
