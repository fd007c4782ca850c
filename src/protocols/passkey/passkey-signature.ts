import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import type { Passkey } from '../../domain/identity/user-store';
import type { RelyingParty } from './ceremony';
import type { Assertion, Registration } from './credential.schemas';
import { passkeyAlgorithms } from './passkey-key';

/** True when the passkey signed the assertion. Its counter is not looked at. */
export async function assertionIsSigned(
  { json, clientData }: Assertion,
  { credentialId, publicKey }: Pick<Passkey, 'credentialId' | 'publicKey'>,
  { rpId, origin }: RelyingParty,
): Promise<boolean> {
  return holds(
    verifyAuthenticationResponse({
      response: { ...json, clientExtensionResults: {} },
      expectedChallenge: clientData.challenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      // No counter is below this one: what follows from a counter is decided with the record.
      credential: { id: credentialId, publicKey: Buffer.from(publicKey, 'base64url'), counter: -1 },
      requireUserVerification: false,
    }),
  );
}

/** True for a registration without an attestation, or one that its passkey signed. */
export async function registrationIsSigned(
  { json, clientData }: Registration,
  { rpId, origin }: RelyingParty,
): Promise<boolean> {
  const { attestationObject, clientDataJSON } = json.response;
  return holds(
    verifyRegistrationResponse({
      response: { ...json, response: { attestationObject, clientDataJSON }, clientExtensionResults: {} },
      expectedChallenge: clientData.challenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      supportedAlgorithmIDs: [...passkeyAlgorithms],
      requireUserPresence: false,
      requireUserVerification: false,
    }),
  );
}

/** The library throws for a signature that it cannot read. */
async function holds(verification: Promise<{ readonly verified: boolean }>): Promise<boolean> {
  try {
    return (await verification).verified;
  } catch {
    return false;
  }
}
