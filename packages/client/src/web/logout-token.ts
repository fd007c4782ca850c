import { isMembers } from '../answer.ts';
import type { Discovery } from '../discovery.ts';
import { decoded, invalid, verified } from '../jws.ts';

/** Whose sessions a logout token ends: one session, or all of an end-user. */
export interface LogoutToken {
  readonly ends: { readonly sid: string } | { readonly sub: string };
  readonly jti: string;
  /** Seconds since 1970; from then on the token is too old anyway. */
  readonly expiresAt: number;
}

const event = 'http://schemas.openid.net/event/backchannel-logout';
/** Seconds that the clocks of the issuer and this server may differ, and after which a token is too old. */
const tolerance = 60;
const longestAge = 300;

/**
 * Verifies a logout token for this client, else throws `id_token_invalid` with its reason; also throws as {@link Discovery}
 * does. `now` in milliseconds. Source: OpenID Connect Back-Channel Logout 1.0 §2.4, §2.6.
 */
export async function checkLogoutToken(
  token: string,
  { discovery, clientId, now }: { readonly discovery: Discovery; readonly clientId: string; readonly now: number },
): Promise<LogoutToken> {
  // Before its key is looked up. Neither an ID token nor another token of the issuer passes.
  const { typ } = decoded(token.split('.')[0] ?? '');
  if (!/^(?:application\/)?logout\+jwt$/i.test(String(typ))) throw invalid('typ');
  const { claims } = await verified(token, discovery, crypto);
  const { iss, aud, iat, exp, jti, events, sid, sub } = claims;
  const seconds = now / 1000;
  if (iss !== discovery.issuer) throw invalid('iss');
  if (![aud].flat().includes(clientId)) throw invalid('aud');
  if (typeof iat !== 'number' || iat > seconds + tolerance) throw invalid('iat');
  if (typeof exp !== 'number' || exp <= iat) throw invalid('exp');
  const expiresAt = Math.min(exp, iat + longestAge) + tolerance;
  if (expiresAt <= seconds) throw invalid('exp');
  if (typeof jti !== 'string' || jti === '') throw invalid('jti');
  if (!isMembers(events) || !isMembers(events[event])) throw invalid('events');
  if (claims['nonce'] !== undefined) throw invalid('nonce');
  if (sid !== undefined) {
    if (typeof sid !== 'string' || sid === '') throw invalid('sid');
    return { ends: { sid }, jti, expiresAt };
  }
  if (typeof sub !== 'string' || sub === '') throw invalid('sub');
  return { ends: { sub }, jti, expiresAt };
}
