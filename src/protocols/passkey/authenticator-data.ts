import { parseAuthenticatorData } from '@simplewebauthn/server/helpers';
import { cborEnd } from './cbor-end';

/** What an authenticator says and signs. Source: WebAuthn Level 3 §6.1. */
export interface AuthenticatorData {
  /** SHA-256 of the RP ID. */
  readonly rpIdHash: Buffer;
  readonly userPresent: boolean;
  readonly userVerified: boolean;
  /** Whether the passkey is synced at the moment (backup state). */
  readonly backedUp: boolean;
  readonly counter: number;
  /** Of a registration. */
  readonly attested?: { readonly credentialId: string; readonly publicKey: Uint8Array };
}

const flag = { attested: 0x40, extensions: 0x80 };

/** Throws for bytes that are none, or whose flags contradict each other or what follows them. Source: WebAuthn Level 3 §6.1. */
export function readAuthenticatorData(bytes: Buffer): AuthenticatorData {
  if (endOf(bytes) !== bytes.length) throw new RangeError('not authenticator data');
  const { rpIdHash, flags, counter, credentialID, credentialPublicKey } = parseAuthenticatorData(new Uint8Array(bytes));
  if (flags.bs && !flags.be) throw new RangeError('backed up, but not eligible for it');
  const read = {
    rpIdHash: Buffer.from(rpIdHash),
    userPresent: flags.up,
    userVerified: flags.uv,
    backedUp: flags.bs,
    counter,
  };
  if (credentialID === undefined || credentialPublicKey === undefined) return read;
  const credentialId = Buffer.from(credentialID).toString('base64url');
  return { ...read, attested: { credentialId, publicKey: credentialPublicKey } };
}

/** By the flags: the hash, flags and counter; the attested credential data; the extensions. */
function endOf(bytes: Buffer): number {
  const flags = bytes.readUInt8(32);
  let end = 37;
  if ((flags & flag.attested) !== 0) end = cborEnd(bytes, end + 18 + bytes.readUInt16BE(end + 16));
  return (flags & flag.extensions) === 0 ? end : cborEnd(bytes, end);
}
