import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server';
import { cbor, type Cbor } from './cbor';

/** COSE algorithms. Source: WebAuthn Level 3 §5.8.5. */
const algorithms = { ES256: -7, EdDSA: -8, RS256: -257 } as const;

export type PasskeyAlgorithm = keyof typeof algorithms;

/** What it says instead of the truth. */
export interface Misbehaviour {
  readonly type?: string;
  readonly challenge?: string;
  readonly origin?: string;
  readonly crossOrigin?: boolean;
  readonly topOrigin?: string;
  readonly rpId?: string;
  readonly userPresent?: boolean;
  readonly userVerified?: boolean;
  readonly backupEligible?: boolean;
  readonly backedUp?: boolean;
  /** The whole byte of flags. */
  readonly flags?: number;
  readonly counter?: number;
  readonly userHandle?: string;
  /** Of a registration: that of another passkey. */
  readonly credentialId?: string;
  /** Signs with another key. */
  readonly wrongKey?: boolean;
  /** Of a registration, instead of `none`. */
  readonly attestation?: 'packed self' | 'packed';
}

interface Held {
  readonly id: string;
  readonly userHandle: string;
  readonly algorithm: PasskeyAlgorithm;
  readonly keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  counter: number;
}

interface AuthenticatorOptions {
  /** The origin that its browser shows. */
  readonly origin: string;
  readonly algorithm?: PasskeyAlgorithm;
  /** Counts its signatures, as keys of hardware do; by default its counter stays 0, as that of synced passkeys. */
  readonly counts?: boolean;
}

/** A browser with an authenticator, in software: verifies its user, syncs its passkeys, and misbehaves when it is told to. */
export class Authenticator {
  private readonly held: Held[] = [];

  constructor(private readonly options: AuthenticatorOptions) {}

  /** The ids of its passkeys, the latest last. */
  get credentialIds(): readonly string[] {
    return this.held.map(({ id }) => id);
  }

  /** Its latest passkey with its key, in PKCS #8, for another authenticator. */
  get exported() {
    const passkey = this.held.at(-1);
    if (passkey === undefined) throw new Error('no passkey');
    const { id, userHandle, keys, counter } = passkey;
    return { id, userHandle, counter, privateKey: keys.privateKey.export({ type: 'pkcs8', format: 'der' }) };
  }

  /** A copy with the same keys and counters, as a thief would have it. */
  clone(): Authenticator {
    const copy = new Authenticator(this.options);
    copy.held.push(...this.held.map((passkey) => ({ ...passkey })));
    return copy;
  }

  /** `navigator.credentials.create`. */
  create(
    { challenge, rp, user }: PublicKeyCredentialCreationOptionsJSON,
    says: Misbehaviour = {},
  ): RegistrationResponseJSON {
    const { algorithm = 'ES256' } = this.options;
    const passkey = {
      id: says.credentialId ?? randomId(),
      userHandle: user.id,
      algorithm,
      keys: newKeys(algorithm),
      counter: 0,
    };
    this.held.push(passkey);
    const clientData = this.clientData('webauthn.create', challenge, says);
    const id = bytes(passkey.id);
    const attested = Buffer.concat([Buffer.alloc(16), uint(id.length, 2), id, cbor(coseKey(passkey))]);
    const authData = Buffer.concat([authenticatorData(rp.id ?? '', 0x40, passkey.counter, says), attested]);
    const attestationObject = cbor(attestationOf(passkey, authData, clientData, says));
    return {
      id: passkey.id,
      rawId: passkey.id,
      type: 'public-key',
      response: {
        clientDataJSON: clientData.toString('base64url'),
        attestationObject: attestationObject.toString('base64url'),
        transports: ['internal', 'hybrid'],
      },
      clientExtensionResults: {},
    };
  }

  /** `navigator.credentials.get`, with the latest passkey. */
  get(
    { challenge, rpId = '' }: PublicKeyCredentialRequestOptionsJSON,
    says: Misbehaviour = {},
  ): AuthenticationResponseJSON {
    const passkey = this.held.at(-1);
    if (passkey === undefined) throw new Error('no passkey');
    if (this.options.counts === true) passkey.counter += 1;
    const clientData = this.clientData('webauthn.get', challenge, says);
    const authData = authenticatorData(rpId, 0, passkey.counter, says);
    const { id, userHandle } = passkey;
    return {
      id,
      rawId: id,
      type: 'public-key',
      response: {
        clientDataJSON: clientData.toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        signature: signatureOf(passkey, authData, clientData, says).toString('base64url'),
        userHandle: says.userHandle ?? userHandle,
      },
      clientExtensionResults: {},
    };
  }

  private clientData(type: string, challenge: string, says: Misbehaviour): Buffer {
    const { origin, crossOrigin = false, topOrigin } = { origin: this.options.origin, ...says };
    const text = { type: says.type ?? type, challenge: says.challenge ?? challenge, origin, crossOrigin, topOrigin };
    return Buffer.from(JSON.stringify(text));
  }
}

/** Its first 37 bytes. Source: WebAuthn Level 3 §6.1. */
function authenticatorData(rpId: string, attested: number, counter: number, says: Misbehaviour): Buffer {
  const { userPresent = true, userVerified = true, backupEligible = true, backedUp = true } = says;
  const flags =
    Number(userPresent) | (Number(userVerified) << 2) | (Number(backupEligible) << 3) | (Number(backedUp) << 4);
  return Buffer.concat([
    sha256(says.rpId ?? rpId),
    uint(says.flags ?? flags | attested, 1),
    uint(says.counter ?? counter, 4),
  ]);
}

function attestationOf(passkey: Held, authData: Buffer, clientData: Buffer, says: Misbehaviour): Cbor {
  const statement = new Map<string, Cbor>();
  if (says.attestation !== undefined) {
    statement.set('alg', algorithms[passkey.algorithm]).set('sig', signatureOf(passkey, authData, clientData, says));
  }
  if (says.attestation === 'packed') statement.set('x5c', [Buffer.from('3000', 'hex')]);
  const fmt = says.attestation === undefined ? 'none' : 'packed';
  return new Map<string, Cbor>([
    ['fmt', fmt],
    ['attStmt', statement],
    ['authData', authData],
  ]);
}

function signatureOf({ algorithm, keys }: Held, authData: Buffer, clientData: Buffer, says: Misbehaviour): Buffer {
  const { privateKey } = says.wrongKey === true ? newKeys(algorithm) : keys;
  return sign(algorithm === 'EdDSA' ? null : 'sha256', Buffer.concat([authData, sha256(clientData)]), privateKey);
}

function newKeys(algorithm: PasskeyAlgorithm) {
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return algorithm === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('rsa', { modulusLength: 2048 });
}

/** Source: RFC 9053 §7.1, §7.2; RFC 8230 §4. */
function coseKey({ algorithm, keys }: Held): Cbor {
  const { x = '', y = '', n = '', e = '' } = keys.publicKey.export({ format: 'jwk' });
  const parameters = {
    ES256: [
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, bytes(x)],
      [-3, bytes(y)],
    ],
    EdDSA: [
      [1, 1],
      [3, -8],
      [-1, 6],
      [-2, bytes(x)],
    ],
    RS256: [
      [1, 3],
      [3, -257],
      [-1, bytes(n)],
      [-2, bytes(e)],
    ],
  } as const;
  return new Map<number, Cbor>(parameters[algorithm]);
}

function bytes(text: string): Buffer {
  return Buffer.from(text, 'base64url');
}

function randomId(): string {
  return randomBytes(32).toString('base64url');
}

function sha256(data: string | Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}

function uint(value: number, width: number): Buffer {
  const buffer = Buffer.alloc(width);
  buffer.writeUIntBE(value, 0, width);
  return buffer;
}
