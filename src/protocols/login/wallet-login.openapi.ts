import * as z from 'zod';
import { type Description, httpRefusals, jsonAnswer, redirectAnswer, refusals } from '../../platform/http/description';
import { issuedChallenge, issuedChallengeExample } from '../wallet/issued-challenge.openapi';
import { walletErrors } from '../wallet/wallet-error';
import { loginRequest } from '../wallet/wallet.schemas';
import { loginErrors } from './login-error';
import { formRefusals, hiddenFields } from './login.openapi';

const csrf = 'from the page';
const account = { address: issuedChallengeExample.address, chainId: 1, csrf, request: '' };
const signed = { nonce: issuedChallengeExample.nonce, signature: '0x…', csrf, request: '' };
const { request } = hiddenFields;

/** The errors of a signature of a message, wherever a browser sends it. */
export const signatureRefusals = refusals(
  walletErrors,
  'nonce_invalid',
  'signature_invalid',
  'challenge_unknown',
  'challenge_used',
  'challenge_expired',
  'signature_malformed',
  'signature_mismatch',
  'contract_accounts_unsupported',
);

export const walletLoginChallengeOperation: Description = {
  tags: ['Pages'],
  operationId: 'walletLoginChallenge',
  summary: 'The message that the wallet button has signed',
  description: 'Domain and URI are those of this server. Its nonce is worth nothing at /wallet/verify.',
  body: {
    schema: loginRequest.extend({ ...hiddenFields, request: request.optional() }),
    examples: { account: { summary: 'an account', value: account } },
  },
  answers: { 201: jsonAnswer('What to sign', issuedChallenge, issuedChallengeExample) },
  refusals: [
    ...refusals(walletErrors, 'body_invalid', 'address_invalid', 'chain_id_invalid', 'chain_unsupported'),
    ...refusals(loginErrors, 'csrf_invalid', 'request_too_long'),
  ],
};

export const walletLoginOperation: Description = {
  tags: ['Pages'],
  operationId: 'walletLogin',
  summary: 'The form that the wallet button sends',
  body: {
    schema: z.object({ nonce: z.string(), signature: z.string(), ...hiddenFields, request: request.optional() }),
    examples: { signature: { summary: 'a signature', value: signed } },
  },
  answers: {
    303: redirectAnswer('On to the interrupted authorization request, with a session of the account'),
  },
  refusals: [...formRefusals, ...signatureRefusals, ...httpRefusals('chain_unavailable')],
};
