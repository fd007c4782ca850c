import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** Bits of the authenticator data. Source: WebAuthn Level 3 §6.1. */
const flags = { userPresent: 0x01, userVerified: 0x04 } as const;

/** What an authenticator is asked to sign, and what a browser says about it. */
export interface AssertionRequest {
  /** Base64url. */
  readonly challenge: string;
  readonly origin: string;
  readonly rpId: string;
  /** False: only a touch, without fingerprint or PIN. */
  readonly userVerified?: boolean;
  /** Base64url; in place of the authenticator's own. */
  readonly userHandle?: string;
  /** Of its signatures; by default it counts none, as synced passkeys. */
  readonly counter?: number;
}

/** A passkey in a program: a key pair for one relying party, with the browser that speaks for it. Source: WebAuthn Level 3. */
export class SoftwareAuthenticator {
  readonly credentialId = randomBytes(32).toString('base64url');
  readonly userHandle = randomBytes(32).toString('base64url');
  private readonly privateKey: KeyObject;
  /** COSE key of ES256, base64url. Source: RFC 9053 §7.1.1. */
  readonly publicKey: string;

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    this.privateKey = privateKey;
    this.publicKey = Buffer.concat([
      Buffer.from('a5010203262001215820', 'hex'),
      Buffer.from(x, 'base64url'),
      Buffer.from('225820', 'hex'),
      Buffer.from(y, 'base64url'),
    ]).toString('base64url');
  }

  /** The `AuthenticationResponseJSON`, as text. `signer`: another key signs in the name of this one. */
  assert(request: AssertionRequest, signer: SoftwareAuthenticator = this): string {
    const { challenge, origin, rpId, userVerified = true, userHandle = this.userHandle, counter: count = 0 } = request;
    const clientData = Buffer.from(JSON.stringify({ type: 'webauthn.get', challenge, origin, crossOrigin: false }));
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(count);
    const data = Buffer.concat([
      hash(rpId),
      Buffer.from([flags.userPresent | (userVerified ? flags.userVerified : 0)]),
      counter,
    ]);
    const signature = sign('sha256', Buffer.concat([data, hash(clientData)]), signer.privateKey);
    return JSON.stringify({
      id: this.credentialId,
      rawId: this.credentialId,
      type: 'public-key',
      response: {
        clientDataJSON: clientData.toString('base64url'),
        authenticatorData: data.toString('base64url'),
        signature: signature.toString('base64url'),
        userHandle,
      },
      clientExtensionResults: {},
      authenticatorAttachment: 'platform',
    });
  }
}

function hash(data: string | Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}
