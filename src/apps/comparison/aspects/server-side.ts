import { secretBits } from '../../../domain/credentials/secret';
import { nonceBits } from '../../../protocols/wallet/challenge-issuer';
import type { SessionModel } from '../../../domain/identity/authentication';
import type { ModelAspect, Fact } from '../comparison';
import { attackOf, challengeAfter, evidenceOf, type Material, namesFact, byDesign } from './material';

/** What the server does: stores a challenge, verifies its proof, and redeems it once. */
export function serverAspects(material: Material): ModelAspect[] {
  return [stores(material), verifies(material), cryptography(material), singleUse(material), lifetime(material)];
}

/** Source: docs/http-api.md, section Passkey model. */
const passkeyChallengeSeconds = 300;

/** Fields that we add to the stored ones. */
const added = new Set(['collection', 'secondsToLive']);

/** The fields of the stored challenge, as a run saw them. */
export function storedFields(material: Material, model: SessionModel): string[] {
  const record = challengeAfter(material, model, model === 'pkce' ? 'code' : 'challenge');
  return Object.keys(record ?? {}).filter((name) => !added.has(name));
}

function stores(material: Material): ModelAspect {
  const store = material.config.mongodbUri === undefined ? 'LMDB' : 'MongoDB';
  const statement = (fields: readonly string[], what: string, design: string, bits: Fact) => ({
    text: fields.length === 0 ? byDesign(design) : `In ${store} one record: ${fields.join(', ')}. ${what}`,
    facts: [namesFact('fields', fields), bits, { name: 'store', value: store, from: 'settings' }] as const,
  });
  const code = challengeAfter(material, 'pkce', 'code');
  const codeIsHashed = code?.id.startsWith('sha256:') === true;
  return {
    id: 'server-stores',
    title: 'What the server stores',
    pkce: statement(
      storedFields(material, 'pkce'),
      codeIsHashed ? 'Its id is the SHA-256 of the code; the code itself is nowhere.' : 'Its id is the code itself.',
      'one record with the code_challenge, under the SHA-256 of the code.',
      { name: 'entropy of a code', value: secretBits, unit: 'bits', from: 'code' },
    ),
    wallet: statement(
      storedFields(material, 'wallet'),
      'Its id is the nonce, which is public, and the message is kept byte for byte.',
      'one record with the address and the message, under the nonce.',
      { name: 'entropy of a nonce', value: nonceBits, unit: 'bits', from: 'code' },
    ),
    passkey: statement(
      storedFields(material, 'passkey'),
      'Its id is the challenge, which is public. The public key of the passkey stands in the record of its owner.',
      'one record under the challenge, with the browser that asked for it.',
      { name: 'entropy of a challenge', value: secretBits, unit: 'bits', from: 'code' },
    ),
  };
}

function verifies({ costs }: Material): ModelAspect {
  return {
    id: 'server-verifies',
    title: 'How the server verifies',
    pkce: {
      text: costs.pkceVectorHolds
        ? 'It hashes the code_verifier and compares with the stored code_challenge.'
        : 'Its rule does not accept the example of RFC 7636.',
      facts: [
        { name: 'accepts the example of RFC 7636 appendix B and no other', value: costs.pkceVectorHolds, from: 'code' },
        { name: 'one verification', value: costs.pkce, unit: 'µs', from: 'code' },
      ],
    },
    wallet: {
      text: costs.walletVectorHolds
        ? 'It recovers from the signature and the stored message who signed, and compares with the address of the challenge.'
        : 'Its rule does not recover the account of a published example.',
      facts: [
        {
          name: 'recovers the account of a published example and of no other text',
          value: costs.walletVectorHolds,
          from: 'code',
        },
        { name: 'one verification', value: costs.wallet, unit: 'µs', from: 'code' },
      ],
    },
    passkey: {
      text: 'It compares the challenge, the origin, the relying party and what the authenticator says of its owner, and verifies the signature with the public key that it was given when the passkey was added.',
      facts: [],
    },
  };
}

function cryptography({ config, costs }: Material): ModelAspect {
  const tokens: Fact = { name: 'tokens are signed with', value: config.signingAlgorithm, from: 'settings' };
  const ratio = costs.pkce === 0 ? null : Math.round(costs.wallet / costs.pkce);
  return {
    id: 'cryptography',
    title: 'The cryptography',
    pkce: {
      text: `A hash preimage: whoever does not know the code_verifier would have to find ${secretBits} bits that hash to the code_challenge by SHA-256. The proof gives the secret away, so it works once.`,
      facts: [{ name: 'probability of a right guess', value: `1 in 2^${secretBits}`, from: 'code' }, tokens],
    },
    wallet: {
      text: `ECDSA over secp256k1: whoever does not have the key would have to solve a discrete logarithm. The proof gives nothing away, so the same key signs every login.${ratio === null ? '' : ` Checking it costs this server ${ratio} times a hash.`}`,
      facts: [{ name: 'cost beside a hash', value: ratio, unit: 'times', from: 'code' }, tokens],
    },
    passkey: {
      text: 'ECDSA over P-256, Ed25519 or RSA, as the authenticator can. The proof gives nothing away, and the key is of this site alone: two sites cannot tell that one person has both.',
      facts: [tokens],
    },
  };
}

function singleUse(material: Material): ModelAspect {
  const { atomicStep } = material;
  const operation: Fact = { name: 'operation', value: atomicStep, from: 'code' };
  const statement = (attack: string, how: string) => {
    const answers = Object.entries(attackOf(material, attack)?.answers ?? {});
    const tally = answers.map(([answer, count]) => `${count} × ${answer}`).join(', ');
    const isBroken = attackOf(material, attack)?.defended === false;
    const measured = tally === '' ? how : `${how} Measured, all at once: ${tally}.`;
    return {
      text: isBroken ? `NOTHING on this server: measured, all at once: ${tally}.` : measured,
      facts: [operation, { name: 'answers to a race', value: tally === '' ? null : tally, from: 'run' }] as const,
      evidence: evidenceOf(material, [attack]),
    };
  };
  return {
    id: 'single-use',
    title: 'What makes it single use',
    pkce: statement(
      'pkce.double-spend',
      `The proof is part of the condition: ${atomicStep} finds the code with this client, redirect URI and code_challenge and deletes it; nothing is decided before.`,
    ),
    wallet: statement(
      'wallet.double-spend',
      `A signature cannot be a condition of a database: it is read and verified first, and then ${atomicStep} deletes the challenge, so the losers of a race did the work for nothing.`,
    ),
    passkey: statement(
      'passkey.double-spend',
      `As a wallet’s: the assertion is verified, and then ${atomicStep} deletes the challenge, whose session has an id that is derived from it.`,
    ),
  };
}

function lifetime(material: Material): ModelAspect {
  const { authorizationCodeTtl, walletChallengeTtl, accessTokenTtl } = material.config;
  const statement = (what: string, ttl: number, setting: string, seen: number | undefined) => ({
    text: `${what} lives ${ttl} s, the access token it is worth ${accessTokenTtl} s.`,
    facts: [
      { name: setting, value: ttl, unit: 's', from: 'settings' },
      { name: 'seconds to live when it was stored', value: seen ?? null, unit: 's', from: 'run' },
      { name: 'ACCESS_TOKEN_TTL', value: accessTokenTtl, unit: 's', from: 'settings' },
    ] as const,
  });
  const seen = (model: SessionModel, step: string) => challengeAfter(material, model, step)?.secondsToLive;
  return {
    id: 'lifetime',
    title: 'Lifetime',
    pkce: statement('A code', authorizationCodeTtl, 'AUTHORIZATION_CODE_TTL', seen('pkce', 'code')),
    wallet: statement('A challenge', walletChallengeTtl, 'WALLET_CHALLENGE_TTL', seen('wallet', 'challenge')),
    passkey: {
      text: `A challenge lives ${passkeyChallengeSeconds} s, whatever is set, and the session that it becomes ${material.config.sessionTtl} s.`,
      facts: [
        {
          name: 'seconds to live when it was stored',
          value: seen('passkey', 'challenge') ?? null,
          unit: 's',
          from: 'run',
        },
        { name: 'SESSION_TTL', value: material.config.sessionTtl, unit: 's', from: 'settings' },
      ],
    },
  };
}
