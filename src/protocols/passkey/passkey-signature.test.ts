import { describe, expect, it } from '@jest/globals';
import { Authenticator, type Misbehaviour, type PasskeyAlgorithm } from '../../../test/support/clients/authenticator';
import { parseAssertion, parseRegistration } from './credential.schemas';
import { assertionIsSigned, registrationIsSigned } from './passkey-signature';

const relyingParty = { rpId: 'example.org', origin: 'https://example.org' };
const creation = {
  challenge: 'Y3JlYXRpb24',
  rp: { id: 'example.org', name: 'Example' },
  user: { id: 'dXNlcg', name: 'anna', displayName: 'Anna' },
  pubKeyCredParams: [],
};
const request = { challenge: 'cmVxdWVzdA', rpId: 'example.org' };

function passkeyOf(algorithm: PasskeyAlgorithm, says: Misbehaviour = {}) {
  const authenticator = new Authenticator({ origin: relyingParty.origin, algorithm });
  const registration = parseRegistration(JSON.stringify(authenticator.create(creation, says)));
  return { authenticator, registration };
}

describe.each(['ES256', 'EdDSA', 'RS256'] as const)('a passkey of %s', (algorithm) => {
  it('given its registration and its assertion, when they are verified, then both are signed', async () => {
    const { authenticator, registration } = passkeyOf(algorithm);
    const assertion = parseAssertion(JSON.stringify(authenticator.get(request)));

    expect(await registrationIsSigned(registration, relyingParty)).toBe(true);
    expect(await assertionIsSigned(assertion, registration, relyingParty)).toBe(true);
  });

  it('given an assertion by another key, when it is verified, then it is not signed', async () => {
    const { authenticator, registration } = passkeyOf(algorithm);
    const assertion = parseAssertion(JSON.stringify(authenticator.get(request, { wrongKey: true })));

    expect(await assertionIsSigned(assertion, registration, relyingParty)).toBe(false);
  });

  it('given a statement by the passkey itself, when the registration is verified, then only a right one is signed', async () => {
    const right = passkeyOf(algorithm, { attestation: 'packed self' });
    const wrong = passkeyOf(algorithm, { attestation: 'packed self', wrongKey: true });

    expect(await registrationIsSigned(right.registration, relyingParty)).toBe(true);
    expect(await registrationIsSigned(wrong.registration, relyingParty)).toBe(false);
  });
});

describe('the bytes of a signature', () => {
  it.each([
    ['one zero', 'AA'],
    ['the beginning of one', 'MEUCIQ'],
    ['3,000 zeros', 'A'.repeat(4_000)],
  ])('given %s, when it is verified, then it is not signed, and nothing is thrown', async (_what, signature) => {
    const { authenticator, registration } = passkeyOf('ES256');
    const answer = authenticator.get(request);
    const assertion = parseAssertion(JSON.stringify({ ...answer, response: { ...answer.response, signature } }));

    expect(await assertionIsSigned(assertion, registration, relyingParty)).toBe(false);
  });
});
