import type { Operation, SchemaObject } from '../../platform/http/openapi';
import { formBody, jsonBody } from '../../platform/http/body.openapi';
import { errorResponses, httpRefusals, refusals } from '../../platform/http/refusals.openapi';
import {
  addressSchema,
  chainIdSchema,
  issuedChallengeExample,
  issuedChallengeSchema,
} from '../wallet/issued-challenge.openapi';
import { walletErrors } from '../wallet/wallet-error';
import { loginErrors } from './login-error';

const hidden = {
  csrf: { type: 'string', description: 'From the page.' },
  request: { type: 'string', description: 'From the page: the query of the interrupted authorization request.' },
} satisfies Record<string, SchemaObject>;

const challengeRequest: SchemaObject = {
  type: 'object',
  required: ['address', 'csrf'],
  properties: { address: addressSchema, chainId: chainIdSchema, ...hidden },
};
const form: SchemaObject = {
  type: 'object',
  required: ['nonce', 'signature', 'csrf'],
  properties: { nonce: { type: 'string' }, signature: { type: 'string' }, ...hidden },
};

const challengeExample = { address: issuedChallengeExample.address, chainId: 1, csrf: 'from the page', request: '' };

export const walletLoginChallengeOperation: Operation = {
  tags: ['Pages'],
  operationId: 'walletLoginChallenge',
  summary: 'The message that the wallet button has signed',
  description: 'Domain and URI are those of this server. Its nonce is worth nothing at /wallet/verify.',
  requestBody: jsonBody(challengeRequest, { account: { summary: 'an account', value: challengeExample } }),
  responses: {
    201: {
      description: 'What to sign',
      content: { 'application/json': { schema: issuedChallengeSchema, example: issuedChallengeExample } },
    },
    ...errorResponses(
      refusals(walletErrors, 'body_invalid', 'address_invalid', 'chain_id_invalid', 'chain_unsupported'),
      refusals(loginErrors, 'csrf_invalid', 'request_too_long'),
      httpRefusals('body_too_large', 'rate_limited', 'store_unavailable'),
    ),
  },
};

const formExample = { nonce: issuedChallengeExample.nonce, signature: '0x…', csrf: 'from the page', request: '' };

export const walletLoginOperation: Operation = {
  tags: ['Pages'],
  operationId: 'walletLogin',
  summary: 'The form that the wallet button sends',
  requestBody: formBody(form, { signature: { summary: 'a signature', value: formExample } }),
  responses: {
    303: {
      description: 'On to the interrupted authorization request, with a session of the account',
      headers: { Location: { schema: { type: 'string' } } },
    },
    ...errorResponses(
      refusals(loginErrors, 'csrf_invalid', 'parameter_repeated', 'request_too_long'),
      refusals(
        walletErrors,
        'nonce_invalid',
        'signature_invalid',
        'challenge_unknown',
        'challenge_used',
        'challenge_expired',
        'signature_malformed',
        'signature_mismatch',
        'contract_accounts_unsupported',
      ),
      httpRefusals(
        'body_too_large',
        'media_type_unsupported',
        'rate_limited',
        'store_unavailable',
        'chain_unavailable',
      ),
    ),
  },
};
