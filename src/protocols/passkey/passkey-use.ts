import type { Passkey } from '../../domain/identity/user-store';
import type { AuthenticatorData } from './authenticator-data';

type Said = Pick<AuthenticatorData, 'counter' | 'backedUp'>;

/**
 * True when the counter is not above the stored one, where either is above 0: the passkey may be a copy. Not after its owner
 * has said that it is fine. Source: WebAuthn Level 3 §6.1.1.
 */
export function counterRegressed({ counter, trusted }: Passkey, said: Said): boolean {
  return trusted !== true && (counter > 0 || said.counter > 0) && said.counter <= counter;
}

/** The passkey after a use. `now` in milliseconds since the epoch. */
export function usedPasskey({ trusted: _trusted, ...passkey }: Passkey, said: Said, now: number): Passkey {
  return { ...passkey, counter: said.counter, synced: said.backedUp, lastUsedAt: now };
}

/** The passkey after its counter went back: refused until its owner trusts it again. */
export function suspectedPasskey(passkey: Passkey): Passkey {
  return { ...passkey, suspected: true };
}
