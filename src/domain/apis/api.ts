import * as z from 'zod';
import { list, optional, record } from '../../platform/storage/record-schema';
import { clientSecretSchema } from '../clients/client';

/** What can be granted at an API, and what it allows, said to the end-user who is asked for it. */
export type ApiScope = z.infer<typeof apiScopeSchema>;

const apiScopeSchema = record({
  name: z.string(),
  description: z.string(),
});

/** A registered resource server, for which access tokens can be asked for. Source: RFC 8707 §2, docs/http-api.md. */
export type Api = z.infer<typeof apiSchema>;

export const apiSchema = record({
  /** Ours, for good; its `client_id` where it introspects. */
  id: z.string(),
  /** The `aud` of its tokens, for good: an absolute URI without a fragment; see {@link canonicalResource}. */
  identifier: z.string(),
  name: z.string(),
  scopes: list(apiScopeSchema),
  /** Whether clients that registered themselves may ask for it. */
  allowRegisteredClients: z.boolean(),
  /** Seconds, 1 to {@link longestAccessTokenLifetime}; absent: ACCESS_TOKEN_TTL. */
  accessTokenLifetime: optional(z.number()),
  /** With which it introspects, as a client would; the newest first; absent: it does not. */
  secrets: optional(list(clientSecretSchema)),
});

/** Seconds: no access token may live longer, whoever asks for it. */
export const longestAccessTokenLifetime = 86_400;

/** What a scope of an API may be called: what RFC 6749 §3.3 and the statement of an EIP-4361 message both allow. */
export const apiScopeName = /^[\w:/?#@!$&'()*+,;=.~-]{1,100}$/;

/** Characters of an API's name, and of what one of its scopes allows: end-users read them. */
export const apiTextLimits = { name: 100, description: 200 } as const;
