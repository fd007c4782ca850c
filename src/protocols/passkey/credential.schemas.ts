import { hash } from 'node:crypto';
import { decodeAttestationObject } from '@simplewebauthn/server/helpers';
import * as z from 'zod';
import { parseJson } from '../../platform/http/json';
import { type AuthenticatorData, readAuthenticatorData } from './authenticator-data';
import { cborEnd } from './cbor-end';
import { PasskeyError } from './passkey-error';
import { isPasskeyKey } from './passkey-key';
import { longestCredential } from './passkey-limits';

/** Characters of base64url for the 1,023 bytes that a credential id may have. Source: WebAuthn Level 3 §4. */
const longestId = 1_364;

/** Without padding, and the one spelling of its bytes: a credential must not have two ids. */
const base64url = z
  .string()
  .min(1)
  .refine((text) => bytesOf(text).toString('base64url') === text);
const credentialId = base64url.max(longestId);
/** As some libraries for pages encode it (@passwordless-id/webauthn 2). */
const padded = z.preprocess((text) => (typeof text === 'string' ? text.replace(/={1,2}$/, '') : text), base64url);
const base = { id: credentialId, rawId: padded, type: z.literal('public-key') };
const transports = z.array(z.string().max(32)).max(8).optional();

/** Source: WebAuthn Level 3 §5.1, AuthenticationResponseJSON. */
const authenticationResponse = z.object({
  ...base,
  response: z.object({
    clientDataJSON: padded,
    authenticatorData: padded,
    signature: padded,
    userHandle: padded,
  }),
});

/** Source: WebAuthn Level 3 §5.1, RegistrationResponseJSON. */
const registrationResponse = z.object({
  ...base,
  response: z.object({ clientDataJSON: padded, attestationObject: padded, transports }),
});

/** What the browser says. Members that it may get later are ignored. Source: WebAuthn Level 3 §5.8.1. */
const clientData = z.object({
  challenge: z.string(),
  origin: z.string(),
  crossOrigin: z.boolean().optional(),
  topOrigin: z.string().optional(),
});

/** What browser and authenticator say of a ceremony. */
export interface Ceremony {
  readonly clientData: z.infer<typeof clientData>;
  readonly authenticatorData: AuthenticatorData;
}

/** A use of a passkey. */
export interface Assertion extends Ceremony {
  /** As the library reads it. */
  readonly json: z.infer<typeof authenticationResponse>;
  readonly credentialId: string;
  readonly userHandle: string;
  /** SHA-256, base64url: identifies a replay. */
  readonly signatureHash: string;
}

/** A new passkey. */
export interface Registration extends Ceremony {
  /** As the library reads it. */
  readonly json: z.infer<typeof registrationResponse>;
  readonly credentialId: string;
  /** COSE key, base64url. */
  readonly publicKey: string;
  readonly transports: readonly string[] | undefined;
}

/** Throws: {@link PasskeyError} credential_malformed. */
export function parseAssertion(credential: string | undefined): Assertion {
  return wellFormed(() => {
    const json = authenticationResponse.parse(jsonIn(credential));
    const { id, rawId, response } = json;
    const authenticatorData = readAuthenticatorData(bytesOf(response.authenticatorData));
    assert(id === rawId && authenticatorData.attested === undefined);
    return {
      json,
      credentialId: id,
      userHandle: response.userHandle,
      signatureHash: hash('sha256', bytesOf(response.signature), 'base64url'),
      clientData: clientDataIn(response.clientDataJSON, 'webauthn.get'),
      authenticatorData,
    };
  });
}

/** Throws: {@link PasskeyError} credential_malformed, also for a key or an attestation that was not asked for. */
export function parseRegistration(credential: string | undefined): Registration {
  return wellFormed(() => {
    const json = registrationResponse.parse(jsonIn(credential));
    const { id, rawId, response } = json;
    const authenticatorData = readAuthenticatorData(attestedIn(bytesOf(response.attestationObject)));
    const { attested } = authenticatorData;
    assert(attested !== undefined && id === rawId && id === attested.credentialId && isPasskeyKey(attested.publicKey));
    return {
      json,
      credentialId: id,
      publicKey: Buffer.from(attested.publicKey).toString('base64url'),
      transports: response.transports,
      clientData: clientDataIn(response.clientDataJSON, 'webauthn.create'),
      authenticatorData,
    };
  });
}

/** The challenge that an unverified assertion names; undefined for what is none. */
export function challengeIn(credential: string | undefined): string | undefined {
  try {
    return parseAssertion(credential).clientData.challenge;
  } catch {
    return undefined;
  }
}

/** The authenticator data in an attestation object: without a statement, or with one by the passkey itself. */
function attestedIn(bytes: Buffer): Buffer {
  assert(cborEnd(bytes, 0) === bytes.length);
  const attestation = decodeAttestationObject(new Uint8Array(bytes));
  const [format, statement] = [attestation.get('fmt'), attestation.get('attStmt')];
  // Statements with certificates are those that were not asked for, and the library would fetch revocation lists for them.
  assert(format === 'none' ? statement.size === 0 : format === 'packed' && statement.get('x5c') === undefined);
  return Buffer.from(attestation.get('authData'));
}

function clientDataIn(text: string, type: string): Ceremony['clientData'] {
  const schema = clientData.extend({ type: z.literal(type) });
  return schema.parse(parseJson(bytesOf(text).toString('utf8')));
}

function jsonIn(text = ''): unknown {
  assert(Buffer.byteLength(text) <= longestCredential);
  return parseJson(text);
}

/** Whatever fails on a stranger's bytes is their fault: also what the library throws. */
function wellFormed<Read>(read: () => Read): Read {
  try {
    return read();
  } catch {
    throw new PasskeyError('credential_malformed');
  }
}

function assert(holds: boolean): asserts holds {
  if (!holds) throw new PasskeyError('credential_malformed');
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'base64url');
}
