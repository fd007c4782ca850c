import * as z from 'zod';
import { names, optional, record } from '../../platform/storage/record-schema';

/** Who proved themselves, how and when: what a login hands on to its tokens. */
export type Authentication = z.infer<typeof authenticationSchema>;

export const authenticationSchema = record({
  /** A user id, or the CAIP-10 id of an account. */
  sub: z.string(),
  /** Source: RFC 8176. */
  amr: names,
  /** Seconds since the epoch, as the claim `auth_time`. */
  authTime: z.number(),
  /** The EIP-155 chain that was signed for, of a wallet login. */
  chainId: optional(z.number()),
  /** Of a smart account whose code said that it signed; absent of an account that signed with its own key. */
  accountProof: optional(z.literal('code')),
});

/** Which of the two models a token came from. */
export type LoginModel = 'pkce' | 'wallet';
