import * as z from 'zod';
import { dpopHeader, dpopRefusals } from '../../domain/tokens/dpop.openapi';
import { tokenResponse, tokenResponseExample } from '../../domain/tokens/token-response.openapi';
import { type Description, httpRefusals, jsonAnswer, refusals, optionalText } from '../../platform/http/description';
import { issuedChallenge, issuedChallengeExample } from './issued-challenge.openapi';
import { walletErrors } from './wallet-error';
import { challengeRequest, nonceRequest, signInAnswer } from './wallet.schemas';

const { address, nonce, message, issuedAt, expirationTime } = issuedChallengeExample;
const signature = `0x${'5c'.repeat(32)}${'1a'.repeat(32)}1b`;
/** Source: RFC 7636, appendix B. */
const codeVerifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';

/** What a wallet needs to write a message of its own. Source: EIP-4361, Message Fields. */
const issuedNonce = z.object({
  nonce: issuedChallenge.shape.nonce.describe('It belongs to no address yet.'),
  domain: z.string().describe('That of the registered client.'),
  uri: z.string().describe('The message may name this one or any under it.'),
  version: z.literal('1'),
  chainId: issuedChallenge.shape.chainId.optional(),
  issuedAt: z.iso.datetime(),
  expirationTime: z.iso.datetime(),
  statement: optionalText('With it the statement of the message must begin; of third parties.'),
});
const issuedNonceExample = {
  nonce,
  domain: 'dapp.example',
  uri: 'https://dapp.example',
  version: '1',
  chainId: 1,
  issuedAt,
  expirationTime,
};
const { shape } = issuedChallenge;
const walletTokens = tokenResponse.extend({ address: shape.address, chainId: shape.chainId });

export type IssuedNonce = Readonly<z.infer<typeof issuedNonce>>;
export type WalletTokenResponse = Readonly<z.infer<typeof walletTokens>>;

/** Errors of both requests that begin a login. */
const beginRefusals = refusals(
  walletErrors,
  'body_invalid',
  'chain_id_invalid',
  'client_id_invalid',
  'scope_invalid',
  'resource_indicators_invalid',
  'resource_unknown',
  'scope_unknown',
  'code_challenge_malformed',
  'chain_unsupported',
);

export const walletChallengeOperation: Description = {
  tags: ['Wallet model'],
  operationId: 'walletChallenge',
  summary: 'Ask for the message that an account is to sign',
  description: 'The nonce belongs to that address from the start. Domain and URI are those of the registered client.',
  body: {
    schema: challengeRequest,
    examples: {
      least: { summary: 'the least', value: { address } },
      full: {
        summary: 'with a refresh token and words of its own',
        value: {
          address,
          chainId: 1,
          clientId: 'demo-dapp',
          scope: 'offline_access',
          statement: 'Sign in to the demo.',
        },
      },
    },
  },
  answers: { 201: jsonAnswer('What to sign', issuedChallenge, issuedChallengeExample) },
  refusals: [
    ...beginRefusals,
    ...refusals(walletErrors, 'address_invalid', 'uri_invalid', 'statement_invalid', 'resources_invalid'),
  ],
};

export const walletNonceOperation: Description = {
  tags: ['Wallet model'],
  operationId: 'walletNonce',
  summary: 'Ask for a nonce that a wallet writes a message with',
  description:
    'For clients with wallet_message wallet only. Whoever sees such a nonce can redeem it with a key of theirs.',
  body: {
    schema: nonceRequest,
    examples: {
      least: { summary: 'the least', value: { clientId: 'notes' } },
      full: {
        summary: 'with a chain and a refresh token',
        value: { clientId: 'notes', chainId: 1, scope: 'offline_access' },
      },
    },
  },
  answers: { 201: jsonAnswer('What the message must say', issuedNonce, issuedNonceExample) },
  refusals: beginRefusals,
};

export const walletVerifyOperation: Description = {
  tags: ['Wallet model'],
  operationId: 'walletVerify',
  summary: 'Redeem a challenge with a signature',
  description:
    'A signature by another account leaves the challenge to its owner, and so does a node that does not answer. A smart account is asked on the chain of the challenge, and nothing is written there.',
  headers: dpopHeader,
  body: {
    schema: signInAnswer,
    examples: {
      nonce: { summary: 'by nonce', value: { nonce, signature } },
      message: { summary: 'by message', value: { message, signature } },
      verifier: { summary: 'with both models at once', value: { nonce, signature, codeVerifier } },
    },
  },
  answers: { 200: jsonAnswer('The tokens', walletTokens, { ...tokenResponseExample, address, chainId: 1 }) },
  refusals: [
    ...refusals(
      walletErrors,
      'body_invalid',
      'nonce_invalid',
      'message_invalid',
      'signature_invalid',
      'challenge_unknown',
      'challenge_used',
      'challenge_expired',
      'message_mismatch',
      'signature_malformed',
      'signature_mismatch',
      'contract_accounts_unsupported',
      'code_verifier_required',
      'code_verifier_mismatch',
    ),
    // No challenge is bound to a key before its signature comes.
    ...dpopRefusals.filter(({ name }) => name !== 'dpop_key_mismatch'),
    ...httpRefusals('chain_unavailable'),
  ],
};
