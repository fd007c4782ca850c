import * as z from 'zod';
import { fieldErrors } from '../../../platform/fields/field-error';
import { type Description, httpRefusals, jsonAnswer, refusals } from '../../../platform/http/description';
import { issuedChallenge, issuedChallengeExample } from '../../wallet/issued-challenge.openapi';
import { walletErrors } from '../../wallet/wallet-error';
import { loginRequest } from '../../wallet/wallet.schemas';
import { loginErrors } from '../login-error';
import { accountErrors } from './account-error';
import { changedAnswers, changeRefusals } from './password.openapi';
import { signatureRefusals } from '../wallet-login.openapi';

const csrf = z.string().describe('From the page.');
const fromPage = 'from the page';
const { address, nonce } = issuedChallengeExample;

export const accountWalletChallengeOperation: Description = {
  tags: ['Pages'],
  operationId: 'accountWalletChallenge',
  summary: 'The message by which a wallet is linked',
  description: 'It says that the wallet will be able to sign in as the user. Its nonce is worth nothing anywhere else.',
  body: {
    schema: loginRequest.extend({ csrf }),
    examples: { account: { summary: 'an account', value: { address, chainId: 1, csrf: fromPage } } },
  },
  answers: { 201: jsonAnswer('What to sign', issuedChallenge, issuedChallengeExample) },
  refusals: [
    ...refusals(walletErrors, 'body_invalid', 'address_invalid', 'chain_id_invalid', 'chain_unsupported'),
    ...refusals(loginErrors, 'csrf_invalid'),
    ...refusals(accountErrors, 'login_too_old', 'access_denied'),
  ],
};

export const accountWalletOperation: Description = {
  tags: ['Pages'],
  operationId: 'accountWallet',
  summary: 'Link the wallet that signed',
  body: {
    schema: z.object({ csrf, nonce: z.string(), signature: z.string() }),
    examples: { signature: { summary: 'a signature', value: { csrf: fromPage, nonce, signature: '0x…' } } },
  },
  answers: changedAnswers,
  refusals: [
    ...changeRefusals,
    ...signatureRefusals,
    ...refusals(accountErrors, 'wallet_taken', 'too_many'),
    ...httpRefusals('chain_unavailable'),
  ],
};

export const accountWalletRemovalOperation: Description = {
  tags: ['Pages'],
  operationId: 'accountWalletRemoval',
  summary: 'Unlink a wallet',
  path: { account_id: `eip155:1:${address}` },
  body: {
    schema: z.object({ csrf, action: z.literal('remove') }),
    examples: { remove: { summary: 'the button', value: { csrf: fromPage, action: 'remove' } } },
  },
  answers: changedAnswers,
  refusals: [
    ...changeRefusals,
    ...refusals(accountErrors, 'record_unknown', 'last_credential'),
    ...refusals(fieldErrors, 'field_invalid'),
  ],
};
