import { base64url } from 'jose';

/** Nonces that a resource requires in proofs. Source: RFC 9449 §9. */
export interface DpopNonces {
  /** The current nonce. `now`: seconds since the epoch. */
  current(now: number): Promise<string>;
  /** True for a nonce that is still valid. */
  includes(nonce: string, now: number): Promise<boolean>;
}

/** Seconds. A nonce is accepted in its own slot, in the next, and by a process whose clock is one slot behind. */
const slotLength = 60;

/**
 * Nonces without storage: a keyed hash of the minute, so that every process with the same secret makes and accepts the same
 * ones. `secret`: at least 32 bytes. Throws: TypeError for a shorter one.
 */
export function keyedDpopNonces(secret: Uint8Array<ArrayBuffer>): DpopNonces {
  if (secret.byteLength < 32) throw new TypeError('the secret of DPoP nonces must have 32 bytes at least');
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = crypto.subtle.importKey('raw', secret, algorithm, false, ['sign', 'verify']);
  const sign = async (slot: number) =>
    base64url.encode(
      new Uint8Array(await crypto.subtle.sign('HMAC', await key, new TextEncoder().encode(`dpop nonce ${slot}`))),
    );
  return {
    current: (now) => sign(slotOf(now)),
    includes: async (nonce, now) => {
      const accepted = await Promise.all([0, -1, 1].map((step) => sign(slotOf(now) + step)));
      // A nonce is no secret: anybody can get one.
      return accepted.includes(nonce);
    },
  };
}

function slotOf(now: number): number {
  return Math.floor(now / slotLength);
}
