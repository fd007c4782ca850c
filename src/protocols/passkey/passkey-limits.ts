import type { Limit } from '../../platform/http/rate-limiter';

/** Seconds that a challenge of a passkey lives, whatever else is set; also the `timeout` that the browser is told. */
export const passkeyChallengeTtl = 300;

/** Most bytes of a credential as JSON, and of the form that contains it. Source: docs/http-api.md, section Passkey model. */
export const longestCredential = 16 * 1024;
export const credentialBodyLimit = 32 * 1024;

/** No account is known yet, and end-users of one application may share an IP address: a subject has the address's share. */
export const passkeyChallengeLimit: Limit = { name: 'passkey-challenge', address: 300, subject: 300 };
/** The subject is the challenge. */
export const passkeyLoginLimit: Limit = { name: 'passkey-login', address: 300, subject: 10 };
