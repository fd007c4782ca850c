import { accountId } from '../../../domain/identity/account-id';
import { newDapp, newWallet, sign, signedChallenge, verifyRequest } from '../wallet-client';
import { type Attack, attempt } from './attack';
import { withOtherMessage } from './wallet-forged';

/** Code that answers every call with what it was called with: the identity precompile, on every chain. Source: Yellow Paper, appendix E. */
const echoing = '0x0000000000000000000000000000000000000004';

/** Attacks by code at an address. */
export const contractAttacks = [
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
    // Without an RPC endpoint no node is asked; with one, this chain has no code at the address.
    refusals: ['message_mismatch', 'signature_mismatch', 'signature_malformed', 'contract_accounts_unsupported'],
    mount: async (context) => {
      const challenge = await signedChallenge(context);
      const { wallet, message } = challenge;
      const otherChain = context.chainId === 1 ? 8_453 : 1;
      const altered = message.replace(/^Chain ID: \d+$/m, `Chain ID: ${otherChain}`);
      // As an account with two owners expects it: their signatures concatenated.
      const owners = [await sign(context, newWallet(), altered), await sign(context, newWallet(), altered)];
      const ofContract = `${owners[0]}${owners[1]?.slice(2)}`;
      context.credentials.learn(ofContract);
      const evidence = await withOtherMessage(context, challenge, altered, ofContract);
      const [here, there] = [accountId(context.chainId, wallet.address), accountId(otherChain, wallet.address)];
      const claim = 'a contract account at that address of another chain is another subject';
      return { ...evidence, checks: [...evidence.checks, { claim, held: here !== there }] };
    },
  },
  {
    id: 'wallet.echoing-account',
    title: 'Account that echoes its question',
    model: 'wallet',
    knowledge:
      'The address of code that answers with what it was asked, such as the precompile at 0x04 of every chain.',
    attempt: 'Signs in as that account with made-up bytes: the question begins with the four bytes of a yes.',
    defence: 'A yes is ERC-1271’s magic value as a whole word: its four bytes, and zeros after them.',
    source: 'ERC-1271',
    // Without an RPC endpoint no node is asked.
    refusals: ['signature_malformed', 'signature_mismatch', 'contract_accounts_unsupported'],
    mount: async (context) => {
      const { login, http } = newDapp(context);
      const { nonce } = await http.expect('the challenge request', () =>
        login.challenge({ address: echoing, chainId: context.chainId }),
      );
      context.traces.push({ kind: 'wallet_challenge', id: nonce });
      const request = verifyRequest({ nonce, signature: `0x${'ab'.repeat(96)}` });
      return { attempts: [await attempt(context, request)], checks: [] };
    },
  },
] as const satisfies readonly Attack[];
