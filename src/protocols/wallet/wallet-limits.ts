import type { Limit } from '../../platform/http/rate-limiter';

/** The wallet model's limits, which the wallet button of the login page shares. A subject is an address, or a nonce. */
export const challengeLimit: Limit = { name: 'wallet-challenge', address: 300, subject: 30 };
/** Counted together with challenges. No account is named yet, and end-users of one application may share an IP address. */
export const nonceLimit: Limit = { ...challengeLimit, subject: challengeLimit.address };
export const verifyLimit: Limit = { name: 'wallet-verify', address: 300, subject: 10 };

/** Bytes of a signature, and of the body that it comes in as hex, at most. Source: docs/http-api.md, section Wallet model. */
export const longestSignature = 8 * 1024;
export const verifyBodyLimit = 32 * 1024;

/** Wrong answers of one challenge from one host that cost a call of a node. Source: docs/http-api.md, section Limits. */
export const codeAnswersOfNonce = 20;
/**
 * The same of one host, one /48 and one chain in a minute; about one account from one host, and from one that is known for
 * it besides, in an hour.
 */
export const codeLimits = { host: 30, site: 60, chain: 300, account: 100, known: 20 } as const;
/** For how long a host is known, and how many sign-ins of an IPv4 address or a /48 make one known in a day. */
export const knownHostsLimits = { days: 30, perDay: 100 } as const;
