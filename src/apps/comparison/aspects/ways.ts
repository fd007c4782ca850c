import { nonceBits } from '../../../protocols/wallet/challenge-issuer';
import type { WayAspect } from '../comparison';
import { attackOf, evidenceOf, type Material } from './material';

const prevents = 'wallet.swapped-address';
const shows = 'wallet.unbound-nonce';

/** The wallet model's two ways: who writes the message, and what follows from it. */
export function messageWays(material: Material): WayAspect[] {
  return [who, requests, boundTo, stolenNonce(material), cost];
}

const who: WayAspect = {
  id: 'writes',
  title: 'Who writes the message',
  server: {
    text: 'This server, and keeps it byte for byte: what is signed is what was issued, or it is refused.',
    facts: [],
  },
  wallet: {
    text: 'The wallet, from what this server hands out. The server reads the text by the grammar of EIP-4361 and checks each field of it.',
    facts: [],
  },
};

const requests: WayAspect = {
  id: 'address-known',
  title: 'When the address is known',
  server: {
    text: 'Before the nonce: the page asks the wallet for its account, then the server for a message, then the wallet for a signature.',
    facts: [{ name: 'questions to the wallet', value: 2, from: 'code' }],
  },
  wallet: {
    text: 'With the signature: the page fetches the nonce before it talks to the wallet, which connects and signs in one go.',
    facts: [{ name: 'questions to the wallet', value: 1, from: 'code' }],
  },
};

const boundTo: WayAspect = {
  id: 'bound-to',
  title: 'What the nonce belongs to',
  server: {
    text: 'One client and one address.',
    facts: [{ name: 'entropy of the nonce', value: nonceBits, unit: 'bits', from: 'code' }],
  },
  wallet: {
    text: 'One client, and nobody yet.',
    facts: [{ name: 'entropy of the nonce', value: nonceBits, unit: 'bits', from: 'code' }],
  },
};

function stolenNonce(material: Material): WayAspect {
  const prevented = attackOf(material, prevents)?.defended;
  const succeeded = attackOf(material, shows)?.defended === false;
  return {
    id: 'seen-nonce',
    title: 'Who has seen the nonce',
    server: {
      text:
        prevented === false
          ? 'AN ATTACK: it could be redeemed with another account.'
          : 'Can do nothing with it: only the key of that address makes a signature that fits.',
      facts: [],
      evidence: evidenceOf(material, [prevents]),
    },
    wallet: {
      text: `Can redeem it with a key of their own. The victim has to begin again, and a page that does not compare addresses is logged in as the attacker.${succeeded ? ' Measured in the last run: it succeeds.' : ''}`,
      facts: [],
      evidence: evidenceOf(material, [shows]),
    },
  };
}

const cost: WayAspect = {
  id: 'needed-by',
  title: 'What it costs, and who needs it',
  server: {
    text: 'A question to the wallet more, before the request for the nonce. Every wallet can do it: connect, then personal_sign.',
    facts: [{ name: 'requests to this server', value: 2, from: 'code' }],
  },
  wallet: {
    text: 'The binding. Needed by wallets that write the message while they connect: wallet_connect with signInWithEthereum (ERC-7846), Base Account, Porto, and the one-click login of AppKit. With a code_challenge a seen nonce is worth nothing here either.',
    facts: [{ name: 'requests to this server', value: 2, from: 'code' }],
  },
};
