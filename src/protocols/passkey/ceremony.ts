import type { Config } from '../../platform/config';
import { HttpError } from '../../platform/http/http-error';
import { hash } from 'node:crypto';
import type { Ceremony } from './credential.schemas';
import { PasskeyError } from './passkey-error';

/** Whom passkeys are made for. */
export interface RelyingParty {
  readonly rpId: string;
  readonly origin: string;
}

/** Throws: 404 where passkeys are off. */
export function relyingPartyOf({ rpId, issuer }: Pick<Config, 'rpId' | 'issuer'>): RelyingParty {
  if (rpId === undefined) throw new HttpError('not_found');
  return { rpId, origin: issuer };
}

/** Throws: {@link PasskeyError}, by the first rule that fails. Source: WebAuthn Level 3 §7.1, §7.2. */
export function assertCeremony({ clientData, authenticatorData }: Ceremony, { rpId, origin }: RelyingParty): void {
  const { crossOrigin, topOrigin } = clientData;
  // No page of ours is shown in a frame of another origin.
  if (clientData.origin !== origin || crossOrigin === true || topOrigin !== undefined) {
    throw new PasskeyError('origin_mismatch');
  }
  if (!authenticatorData.rpIdHash.equals(hash('sha256', rpId, 'buffer'))) throw new PasskeyError('rp_id_mismatch');
  if (!authenticatorData.userPresent) throw new PasskeyError('user_not_present');
  if (!authenticatorData.userVerified) throw new PasskeyError('user_not_verified');
}
