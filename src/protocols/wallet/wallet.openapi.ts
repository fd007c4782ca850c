import { resourcesAtMost } from '../../domain/apis/access-requests';
import { longestIdentifier } from '../../domain/clients/resource-identifier';
import type { Operation, SchemaObject } from '../../platform/http/openapi';
import { jsonBody } from '../../platform/http/body.openapi';
import { errorResponses, httpRefusals, refusals } from '../../platform/http/refusals.openapi';
import { dpopParameter, dpopRefusals } from '../../domain/tokens/dpop.openapi';
import { tokenResponseExample, tokenResponseSchema } from '../../domain/tokens/token-response.openapi';
import {
  addressSchema,
  chainIdSchema,
  issuedChallengeExample,
  issuedChallengeSchema,
} from './issued-challenge.openapi';
import { walletErrors } from './wallet-error';
import { longestSignature } from './wallet-limits';
import { messageLimits } from './wallet.schemas';

const { address, nonce, message } = issuedChallengeExample;

const scope: SchemaObject = {
  type: 'string',
  maxLength: 1000,
  description: 'Separated by spaces; what the client may have is granted. The message says it, of a third party.',
};
const resourceIndicators: SchemaObject = {
  type: 'array',
  maxItems: resourcesAtMost,
  items: { type: 'string', maxLength: longestIdentifier },
  description: 'APIs that tokens are to be for, by their identifiers, or the issuer (RFC 8707).',
};

const codeChallenge: SchemaObject = {
  type: 'string',
  pattern: '^[A-Za-z0-9_-]{43}$',
  description: 'Both models at once: BASE64URL(SHA-256(codeVerifier)), as S256 of RFC 7636 §4.2.',
};

const challengeRequest: SchemaObject = {
  type: 'object',
  required: ['address'],
  properties: {
    address: { ...addressSchema, description: 'In mixed case its EIP-55 checksum must be right.' },
    chainId: { ...chainIdSchema, description: 'EIP-155. By default 1 if that may sign in, else the first that may.' },
    clientId: { type: 'string', description: 'In development demo-dapp when it is absent.' },
    uri: {
      type: 'string',
      maxLength: messageLimits.uri,
      description: 'Under the registered origin of the client, its default.',
    },
    statement: {
      type: 'string',
      maxLength: messageLimits.statement,
      description: 'One line for the person to read (EIP-4361).',
    },
    resources: {
      type: 'array',
      maxItems: messageLimits.resources,
      items: { type: 'string', maxLength: messageLimits.resource },
    },
    scope,
    resourceIndicators,
    codeChallenge,
  },
};

const nonceRequest: SchemaObject = {
  type: 'object',
  required: ['clientId'],
  properties: {
    clientId: { type: 'string', description: 'One that is registered with wallet_message wallet.' },
    chainId: { ...chainIdSchema, description: 'EIP-155. The message must name it; by default any that may sign in.' },
    scope,
    resourceIndicators,
    codeChallenge,
  },
};

const issuedNonceSchema: SchemaObject = {
  type: 'object',
  required: ['nonce', 'domain', 'uri', 'version', 'issuedAt', 'expirationTime'],
  properties: {
    nonce: { type: 'string', pattern: '^[a-zA-Z0-9]{22,}$', description: 'It belongs to no address yet.' },
    domain: { type: 'string', description: 'That of the registered client.' },
    uri: { type: 'string', description: 'The message may name this one or any under it.' },
    version: { type: 'string', enum: ['1'] },
    chainId: chainIdSchema,
    issuedAt: { type: 'string', format: 'date-time' },
    expirationTime: { type: 'string', format: 'date-time' },
    statement: { type: 'string', description: 'With it the statement of the message must begin; of third parties.' },
  },
  additionalProperties: false,
};

const issuedNonceExample = {
  nonce,
  domain: 'dapp.example',
  uri: 'https://dapp.example',
  version: '1',
  chainId: 1,
  issuedAt: issuedChallengeExample.issuedAt,
  expirationTime: issuedChallengeExample.expirationTime,
};

const signature = `0x${'5c'.repeat(32)}${'1a'.repeat(32)}1b`;
/** Source: RFC 7636, appendix B. */
const codeVerifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';

const verifyRequest: SchemaObject = {
  type: 'object',
  description: 'The nonce, or the message that holds it.',
  required: ['signature'],
  anyOf: [{ required: ['nonce'] }, { required: ['message'] }],
  properties: {
    nonce: { type: 'string' },
    message: { type: 'string', description: 'Byte for byte as it was issued, or as the wallet wrote and signed it.' },
    signature: {
      type: 'string',
      pattern: '^0x([0-9a-fA-F]{2})*$',
      maxLength: 2 + 2 * longestSignature,
      description:
        'Of the EIP-191 text: 65 bytes r, s, v, or the 64 of EIP-2098; of a smart account what its code takes (ERC-1271), or that wrapped with what deploys it (ERC-6492).',
    },
    codeVerifier: {
      type: 'string',
      pattern: '^[A-Za-z0-9._~-]{43,128}$',
      description: 'Of the codeChallenge that the challenge was asked for with.',
    },
  },
};

const tokens: SchemaObject = {
  ...tokenResponseSchema,
  required: [...tokenResponseSchema.required, 'address', 'chainId'],
  properties: { ...tokenResponseSchema.properties, address: addressSchema, chainId: chainIdSchema },
};

export const walletChallengeOperation: Operation = {
  tags: ['Wallet model'],
  operationId: 'walletChallenge',
  summary: 'Ask for the message that an account is to sign',
  description: 'The nonce belongs to that address from the start. Domain and URI are those of the registered client.',
  requestBody: jsonBody(challengeRequest, {
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
  }),
  responses: {
    201: {
      description: 'What to sign',
      content: { 'application/json': { schema: issuedChallengeSchema, example: issuedChallengeExample } },
    },
    ...errorResponses(
      refusals(
        walletErrors,
        'body_invalid',
        'address_invalid',
        'chain_id_invalid',
        'client_id_invalid',
        'uri_invalid',
        'statement_invalid',
        'resources_invalid',
        'scope_invalid',
        'resource_indicators_invalid',
        'resource_unknown',
        'scope_unknown',
        'code_challenge_malformed',
        'chain_unsupported',
      ),
      httpRefusals('body_too_large', 'rate_limited', 'store_unavailable'),
    ),
  },
};

export const walletNonceOperation: Operation = {
  tags: ['Wallet model'],
  operationId: 'walletNonce',
  summary: 'Ask for a nonce that a wallet writes a message with',
  description:
    'For clients with wallet_message wallet only. Whoever sees such a nonce can redeem it with a key of theirs.',
  requestBody: jsonBody(nonceRequest, {
    least: { summary: 'the least', value: { clientId: 'notes' } },
    full: {
      summary: 'with a chain and a refresh token',
      value: { clientId: 'notes', chainId: 1, scope: 'offline_access' },
    },
  }),
  responses: {
    201: {
      description: 'What the message must say',
      content: { 'application/json': { schema: issuedNonceSchema, example: issuedNonceExample } },
    },
    ...errorResponses(
      refusals(
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
      ),
      httpRefusals('body_too_large', 'rate_limited', 'store_unavailable'),
    ),
  },
};

export const walletVerifyOperation: Operation = {
  tags: ['Wallet model'],
  operationId: 'walletVerify',
  summary: 'Redeem a challenge with a signature',
  description:
    'A signature by another account leaves the challenge to its owner, and so does a node that does not answer. A smart account is asked on the chain of the challenge, and nothing is written there.',
  parameters: [dpopParameter],
  requestBody: jsonBody(verifyRequest, {
    nonce: { summary: 'by nonce', value: { nonce, signature } },
    message: { summary: 'by message', value: { message, signature } },
    verifier: { summary: 'with both models at once', value: { nonce, signature, codeVerifier } },
  }),
  responses: {
    200: {
      description: 'The tokens',
      content: {
        'application/json': { schema: tokens, example: { ...tokenResponseExample, address, chainId: 1 } },
      },
    },
    ...errorResponses(
      refusals(
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
      dpopRefusals.filter(({ name }) => name !== 'dpop_key_mismatch'),
      httpRefusals('body_too_large', 'rate_limited', 'store_unavailable', 'chain_unavailable'),
    ),
  },
};
