import { secretBits } from '../../../domain/credentials/secret';
import type { Fact, Statement } from '../comparison';
import { byDesign, type Material, namesFact, stepOf } from './material';
import { storedFields } from './server-side';

/** What code_challenge and code_verifier add to the two requests: one JSON member each, of 43 characters. */
const addedBytes = [',"codeChallenge":"",', '"codeVerifier":""'].join('').length + 2 * 43;

const noneMore: Fact = { name: 'requests more than the wallet’s login', value: 0, from: 'code' };

/**
 * What changes when a wallet login carries a code_challenge: both models at once. It is not measured by logins of its own: its
 * numbers are the wallet's plus what PKCE adds. Source: docs/http-api.md, section Both models at once.
 */
export function bothOf(id: string, material: Material): Statement {
  return (statements[id] ?? unsaid)(material);
}

const unsaid = (): Statement => ({ text: 'As each of the two.', facts: [] });

const statements: Readonly<Record<string, (material: Material) => Statement>> = {
  origin: () => ({
    text: 'As the wallet’s, and whoever relays the message gets nothing for the signature: the code_verifier has not left the client that began.',
    facts: [],
  }),
  adds: () => ({
    text: 'Who it is, and that whoever finishes is the one who began. It costs the client a random text to keep, the server a hash, and nobody a request.',
    facts: [noneMore],
  }),
  'client-generates': () => ({
    text: 'A fresh code_verifier for this login; the key pair is the one that the wallet has had.',
    facts: [{ name: 'entropy of a code_verifier', value: secretBits, unit: 'bits', from: 'code' }],
  }),
  'client-sends': () => ({
    text: 'The address and the code_challenge, in one request: the nonce belongs to that account, and to the client that began.',
    facts: [],
  }),
  'server-stores': (material) => {
    const fields = storedFields(material, 'wallet');
    const text = 'the wallet’s record, with the code_challenge in it.';
    return {
      text: fields.length === 0 ? byDesign(text) : `One record: ${[...fields, 'codeChallenge'].join(', ')}.`,
      facts: [namesFact('added to the wallet’s', fields.length === 0 ? [] : ['codeChallenge'])],
    };
  },
  'client-proves': () => ({
    text: 'The signature and the code_verifier, in one request. The wallet never sees the one, and the client cannot make the other.',
    facts: [],
  }),
  'server-verifies': ({ costs }) => ({
    text: 'The signature first, and then the hash of the code_verifier. Either wrong leaves the challenge to its owner.',
    facts: [{ name: 'one verification', value: costs.pkce + costs.wallet, unit: 'µs', from: 'code' }],
  }),
  cryptography: () => ({
    text: 'A hash preimage and a signature: whoever breaks one of them still has the other before them. The tokens are signed as in either.',
    facts: [],
  }),
  'single-use': ({ atomicStep }) => ({
    text: `As the wallet’s: both proofs are checked, and then ${atomicStep} deletes the challenge.`,
    facts: [{ name: 'operation', value: atomicStep, from: 'code' }],
  }),
  lifetime: ({ config: { walletChallengeTtl } }) => ({
    text: `That of the challenge, ${walletChallengeTtl} s, unless the client has one of its own.`,
    facts: [{ name: 'WALLET_CHALLENGE_TTL', value: walletChallengeTtl, unit: 's', from: 'settings' }],
  }),
  'round-trips': ({ run }) => {
    const { challenge, proof } = run?.summary.wallet?.roundTripsByPhase ?? {};
    const text = 'as many as the wallet’s: the two values travel in requests that are sent anyway.';
    return {
      text: challenge === undefined || proof === undefined ? byDesign(text) : `${challenge} and ${proof}, ${text}`,
      facts: [noneMore],
    };
  },
  bytes: ({ run }) => {
    const measured = run?.summary.wallet?.protocolBytes;
    const added: Fact = { name: 'more than the wallet’s login', value: addedBytes, unit: 'bytes', from: 'code' };
    const sum = measured === undefined ? '' : ` Of the last run that would be ${measured + addedBytes} in all.`;
    return {
      text: `${addedBytes} bytes more than the wallet’s: a hash there, and a random text back.${sum}`,
      facts: [added],
    };
  },
  eavesdropper: (material) => ({
    text: 'Nothing that the wallet, its relay or the chain has seen is worth a login: the code_verifier has not left the client.',
    facts: [],
    rows: [
      {
        after: 'sign',
        holds: signedBy(material),
        worth:
          'Nothing, because the code_verifier is missing. With the wallet model alone this is a login for whoever is faster, and so is a signature that a contract account has approved on its chain, which everybody can make.',
        evidence: [],
      },
      {
        after: 'verify',
        holds: ['signature', 'code_verifier', 'access_token'],
        worth: 'As in either model: the proofs have been used, and the tokens are what TLS is for.',
        evidence: [],
      },
    ],
  }),
  'stolen-token': () => ({
    text: 'As in either model: the code_verifier and the signature protect the login, and a key of the client what it gave.',
    facts: [],
  }),
  'stolen-database': () => ({
    text: 'What the wallet’s reveals, and a hash: no code_verifier and no signature is kept, neither before nor after.',
    facts: [],
  }),
};

/** What leaves the wallet with a signature. */
function signedBy(material: Material): string[] {
  const made = Object.keys(stepOf(material, 'wallet', 'sign')?.holds ?? { signature: '' });
  return ['nonce', 'message', ...made];
}
