import type { Limit } from '../http/rate-limiter';

/** The wallet model's limits, which the wallet button of the login page shares. A subject is an address, or a nonce. */
export const challengeLimit: Limit = { name: 'wallet-challenge', address: 300, subject: 30 };
export const verifyLimit: Limit = { name: 'wallet-verify', address: 300, subject: 10 };
