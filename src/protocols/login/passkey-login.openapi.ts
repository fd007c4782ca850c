import * as z from 'zod';
import {
  allRefusals,
  type Description,
  httpRefusals,
  jsonAnswer,
  redirectAnswer,
  refusals,
} from '../../platform/http/description';
import { passkeyErrors } from '../passkey/passkey-error';
import { accountErrors } from './account/account-error';
import { loginErrors } from './login-error';
import { formRefusals, hiddenFields } from './login.openapi';

const csrf = 'from the page';
const { request } = hiddenFields;

/** Source: WebAuthn Level 3 §5.10.1, PublicKeyCredentialRequestOptionsJSON. */
const requestOptions = z.object({
  challenge: z.string().describe('32 random bytes, base64url; for this browser and this request, once.'),
  rpId: z.string(),
  timeout: z.int().describe('Milliseconds.'),
  userVerification: z.literal('required'),
  allowCredentials: z.array(z.never()).describe('Empty: the browser offers the passkeys that it knows.'),
});

const requestOptionsExample = {
  challenge: 'qVxh1kVfTHfSxGf6JFz2BdpG6vAz_3tT0sUAMOGnVP0',
  rpId: 'localhost',
  timeout: 300_000,
  userVerification: 'required',
  allowCredentials: [],
};

export const passkeyLoginChallengeOperation: Description = {
  tags: ['Pages'],
  operationId: 'passkeyLoginChallenge',
  summary: 'What the passkey button asks the browser for',
  description: 'Nobody types a name first: the passkeys are discoverable.',
  body: {
    schema: z.object({ ...hiddenFields, request: request.optional() }),
    examples: { page: { summary: 'a login page', value: { csrf, request: '' } } },
  },
  answers: { 201: jsonAnswer('Options for the browser', requestOptions, requestOptionsExample) },
  refusals: [
    ...refusals(accountErrors, 'body_invalid'),
    ...refusals(loginErrors, 'csrf_invalid', 'request_too_long'),
    ...httpRefusals('not_found'),
  ],
};

export const passkeyLoginOperation: Description = {
  tags: ['Pages'],
  operationId: 'passkeyLogin',
  summary: 'The form that the passkey button sends',
  body: {
    schema: z.object({
      credential: z.string().describe('`AuthenticationResponseJSON` of at most 16 KiB (WebAuthn Level 3 §5.1).'),
      ...hiddenFields,
      request: request.optional(),
    }),
    examples: { passkey: { summary: 'an assertion', value: { credential: '{"id":"…"}', csrf, request: '' } } },
  },
  answers: { 303: redirectAnswer('On to the interrupted authorization request, with a session of the user') },
  refusals: [...formRefusals, ...allRefusals(passkeyErrors), ...httpRefusals('not_found')],
};
