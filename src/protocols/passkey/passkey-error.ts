import { errorClass, errors } from '../../platform/http/protocol-error';

const tryAgain = 'Go back to the page and use your passkey again.';

/** Errors of the passkey model, by reason, in the order of the checks. Source: docs/http-api.md, section Passkey model; WebAuthn Level 3. */
export const passkeyErrors = {
  ...errors(400, 'invalid_request', {
    credential_malformed: ['credential is not that of a passkey, as the browser returns it', tryAgain],
  }),
  ...errors(400, 'invalid_grant', {
    challenge_unknown: ['Unknown challenge', tryAgain],
    challenge_used: ['Challenge already used', tryAgain],
    challenge_expired: ['Challenge expired', tryAgain],
    origin_mismatch: [
      'The passkey was used at another origin',
      'Open this service by its own address and use your passkey there. If you came from a link, do not trust it.',
    ],
    rp_id_mismatch: ['The passkey is for another relying party', tryAgain],
    user_not_present: ['The authenticator saw no user', tryAgain],
    user_not_verified: [
      'The authenticator did not verify the user',
      'Use a passkey that asks for your fingerprint, face or PIN.',
    ],
    passkey_unknown: [
      'This passkey is not known here',
      'Use another passkey, or another way to sign in. You can delete this one from your device.',
    ],
    signature_mismatch: ['The signature is not by this passkey', tryAgain],
    counter_regressed: [
      'The counter of this passkey went back, so it may be a copy',
      'Sign in another way and look at your passkeys on the account page. If the passkey is yours alone, say there that it is fine.',
    ],
  }),
};

export type PasskeyErrorReason = keyof typeof passkeyErrors;

export class PasskeyError extends errorClass(passkeyErrors) {}
