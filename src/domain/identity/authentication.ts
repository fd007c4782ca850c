import * as z from 'zod';
import { names, optional, record } from '../../platform/storage/record-schema';

/** Who authenticated, how and when: what a login passes on to its tokens. */
export type Authentication = z.infer<typeof authenticationSchema>;

export const authenticationSchema = record({
  /** A user id, or the CAIP-10 id of an account. */
  sub: z.string(),
  /** Source: RFC 8176. */
  amr: names,
  /** Seconds since the epoch, like the claim `auth_time`. */
  authTime: z.number(),
  /** The EIP-155 chain id of a wallet login. */
  chainId: optional(z.number()),
  /** Present for a contract account, whose code confirmed the signature; absent for an EOA. */
  accountProof: optional(z.literal('code')),
  /** The authentication context class: `phr` for a passkey, absent otherwise. Source: EAP ACR Values 1.0 §2. */
  acr: optional(z.literal('phr')),
});

/** The model by which a token was obtained. */
export type LoginModel = 'pkce' | 'wallet';

/** The model by which a browser session began; `pkce`: by password, recovery code or link. */
export type SessionModel = LoginModel | 'passkey';
