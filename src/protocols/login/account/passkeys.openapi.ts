import * as z from 'zod';
import { fieldErrors } from '../../../platform/fields/field-error';
import { type Description, httpRefusals, jsonAnswer, optionalText, refusals } from '../../../platform/http/description';
import { loginErrors } from '../login-error';
import { accountErrors } from './account-error';
import { changedAnswers, changeRefusals } from './password.openapi';
import { passkeyErrors } from '../../passkey/passkey-error';

/** The errors of a new passkey, wherever it is made. */
export const newPasskeyRefusals = refusals(
  passkeyErrors,
  'credential_malformed',
  'challenge_unknown',
  'challenge_used',
  'challenge_expired',
  'origin_mismatch',
  'rp_id_mismatch',
  'user_not_present',
  'user_not_verified',
  'signature_mismatch',
);

const csrf = z.string().describe('From the page.');
const fromPage = 'from the page';
const name = optionalText('1 to 64 visible characters, for its owner to recognise it.');

const parameters = z.object({ type: z.literal('public-key'), alg: z.int() });
const descriptor = z.object({ type: z.literal('public-key'), id: z.string() });

/** Source: WebAuthn Level 3 §5.1.9, PublicKeyCredentialCreationOptionsJSON. */
const creationOptions = z.object({
  rp: z.object({ id: z.string(), name: z.string() }),
  user: z.object({
    id: z.string().describe('Random, the same for all passkeys of the user, and never the subject.'),
    name: z.string(),
    displayName: z.string(),
  }),
  challenge: z.string().describe('32 random bytes, base64url; for this browser and this user, once.'),
  pubKeyCredParams: z.array(parameters),
  timeout: z.int().describe('Milliseconds.'),
  excludeCredentials: z.array(descriptor).describe('The passkeys that the user has.'),
  authenticatorSelection: z.object({
    residentKey: z.literal('required'),
    requireResidentKey: z.literal(true),
    userVerification: z.literal('required'),
  }),
  attestation: z.literal('none'),
});

const creationOptionsExample = {
  rp: { id: 'localhost', name: 'Tessera' },
  user: { id: 'p0Vq1hVfTHfSxGf6JFz2BdpG6vAz_3tT0sUAMOGnVP0', name: 'user0', displayName: 'user0' },
  challenge: 'qVxh1kVfTHfSxGf6JFz2BdpG6vAz_3tT0sUAMOGnVP0',
  pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
  timeout: 300_000,
  excludeCredentials: [],
  authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
  attestation: 'none',
};

export const accountPasskeyChallengeOperation: Description = {
  tags: ['Pages'],
  operationId: 'accountPasskeyChallenge',
  summary: 'What the page asks the browser for, to make a passkey',
  body: {
    schema: z.object({ csrf }),
    examples: { page: { summary: 'the page', value: { csrf: fromPage } } },
  },
  answers: { 201: jsonAnswer('Options for the browser', creationOptions, creationOptionsExample) },
  refusals: [
    ...refusals(accountErrors, 'body_invalid', 'login_too_old', 'access_denied'),
    ...refusals(loginErrors, 'csrf_invalid'),
    ...httpRefusals('not_found'),
  ],
};

export const accountPasskeyOperation: Description = {
  tags: ['Pages'],
  operationId: 'accountPasskey',
  summary: 'Add the passkey that the browser made',
  body: {
    schema: z.object({
      csrf,
      credential: z.string().describe('`RegistrationResponseJSON` of at most 16 KiB (WebAuthn Level 3 §5.1).'),
      name,
    }),
    examples: {
      passkey: { summary: 'a passkey', value: { csrf: fromPage, credential: '{"id":"…"}', name: 'My phone' } },
    },
  },
  answers: changedAnswers,
  refusals: [
    ...changeRefusals,
    ...refusals(fieldErrors, 'field_invalid'),
    ...newPasskeyRefusals,
    ...refusals(accountErrors, 'too_many', 'already_exists'),
    ...httpRefusals('not_found'),
  ],
};

export const accountPasskeyChangeOperation: Description = {
  tags: ['Pages'],
  operationId: 'accountPasskeyChange',
  summary: 'Rename, remove or trust a passkey',
  path: { id: '0nC4v1FvQhSxGf6JFz2BdA' },
  body: {
    schema: z.object({ csrf, action: z.enum(['rename', 'remove', 'trust']), name }),
    examples: { rename: { summary: 'a new name', value: { csrf: fromPage, action: 'rename', name: 'My phone' } } },
  },
  answers: changedAnswers,
  refusals: [
    ...changeRefusals,
    ...refusals(fieldErrors, 'field_invalid'),
    ...refusals(accountErrors, 'record_unknown', 'last_credential'),
  ],
};
