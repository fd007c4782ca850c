import type { Limit } from '../../platform/http/rate-limiter';

/** Limits of the wallet model, shared with the wallet button of the login page. A subject is an address or a nonce. */
export const challengeLimit: Limit = { name: 'wallet-challenge', address: 300, subject: 30 };
/** Counted together with challenges. No account is known yet, and end-users of one application may share an IP address. */
export const nonceLimit: Limit = { ...challengeLimit, subject: challengeLimit.address };
export const verifyLimit: Limit = { name: 'wallet-verify', address: 300, subject: 10 };

/** Most bytes of a signature, and of the body that contains it as hex. Source: docs/http-api.md, section Wallet model. */
export const longestSignature = 8 * 1024;
export const verifyBodyLimit = 32 * 1024;

/** Wrong answers to one challenge from one host that may cost a node call. Source: docs/http-api.md, section Limits. */
export const codeAnswersOfNonce = 20;
/**
 * Wrong answers of one host, one /48 and one chain in a minute; for one account from one host, and additionally from a known
 * one, in an hour.
 */
export const codeLimits = { host: 30, site: 60, chain: 300, account: 100, known: 20 } as const;
/** Days that a host stays known, and sign-ins of an IPv4 address or a /48 that make a host known in a day. */
export const knownHostsLimits = { days: 30, perDay: 100 } as const;
