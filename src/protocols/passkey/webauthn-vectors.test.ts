import { describe, expect, it } from '@jest/globals';
import { cbor, type Cbor } from '../../../test/support/clients/cbor';
import { refusalOf } from '../../../test/support/clients/refusal';
import { assertCeremony } from './ceremony';
import { parseAssertion, parseRegistration } from './credential.schemas';
import { assertionIsSigned, registrationIsSigned } from './passkey-signature';

const relyingParty = { rpId: 'example.org', origin: 'https://example.org' };

/** The RP ID's hash, the beginning of all authenticator data. */
const rpIdHash = 'bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b5';
const toBase64url = (hex: string) => Buffer.from(hex, 'hex').toString('base64url');
const clientData = (type: string, challenge: string, more = {}) =>
  JSON.stringify({
    type,
    challenge: toBase64url(challenge),
    origin: 'https://example.org',
    crossOrigin: false,
    ...more,
  });
const extraData = (random: string) => ({
  extraData: `clientDataJSON may be extended with additional fields in the future, such as this: ${random}`,
});

interface Vector {
  readonly id: string;
  readonly clientData: string;
  readonly authenticatorData: string;
  readonly signature: string;
}

function assertionOf(vector: Vector) {
  const id = toBase64url(vector.id);
  const response = {
    clientDataJSON: Buffer.from(vector.clientData).toString('base64url'),
    authenticatorData: toBase64url(vector.authenticatorData),
    signature: toBase64url(vector.signature),
    // The vectors have none; it is not signed.
    userHandle: 'AAAA',
  };
  return parseAssertion(JSON.stringify({ id, rawId: id, type: 'public-key', response }));
}

function registrationOf(vector: Pick<Vector, 'id' | 'clientData'> & { readonly attestationObject: string }) {
  const id = toBase64url(vector.id);
  const response = {
    clientDataJSON: Buffer.from(vector.clientData).toString('base64url'),
    attestationObject: toBase64url(vector.attestationObject),
  };
  return parseRegistration(JSON.stringify({ id, rawId: id, type: 'public-key', response }));
}

/** Source: WebAuthn Level 3 §16.2 to §16.4, §16.10, §16.11, hex as it is printed there. */
describe('the test vectors of WebAuthn Level 3', () => {
  it('given ES256 without an attestation, when it is verified, then both are signed, and the user was not verified', async () => {
    const id = 'f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4';
    const registration = registrationOf({
      id,
      clientData: clientData(
        'webauthn.create',
        '00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130',
        extraData('BkQeDjdcTBrXBiAwJTLE5Q'),
      ),
      attestationObject: `a363666d74646e6f6e656761747453746d74a068617574684461746158a4${rpIdHash}59000000008446ccb9ab1db374750b2367ff6f3a1f0020${id}a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220`,
    });
    const assertion = assertionOf({
      id,
      clientData: clientData('webauthn.get', '39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408'),
      authenticatorData: `${rpIdHash}1900000000`,
      signature:
        '3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87',
    });

    expect(await registrationIsSigned(registration, relyingParty)).toBe(true);
    expect(await assertionIsSigned(assertion, registration, relyingParty)).toBe(true);
    expect(await refusalOf(() => assertCeremony(assertion, relyingParty))).toBe('user_not_verified');
  });

  it('given ES256 with an attestation of its own, when it is verified, then both are signed, and the user was verified', async () => {
    const id = '455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a865ecdca129cbef58c';
    const registration = registrationOf({
      id,
      clientData: clientData(
        'webauthn.create',
        '7869c2b772d4b58eba9378cf8f29e26cf935aa77df0da89fa99c0bdc0a76f7e5',
        extraData('U9hTXvKE2URkMnb_0xYHVg'),
      ),
      attestationObject: `a363666d74667061636b65646761747453746d74a263616c672663736967584630440220067a20754ab925005dbf378097c92120031581c73228d1fb4f5b881bcd7da98302207fc7b147558c7c0eba3af18bd9d121fa3d3a26d17fe3f220272178f473b6006d68617574684461746158a4${rpIdHash}5d00000000df850e09db6afbdfab51697791506cfc0020${id}a5010203262001215820eb151c8176b225cc651559fecf07af450fd85802046656b34c18f6cf193843c5225820927b8aa427a2be1b8834d233a2d34f61f13bfd44119c325d5896e183fee484f2`,
    });
    const assertion = assertionOf({
      id,
      clientData: clientData(
        'webauthn.get',
        '4478a10b1352348dd160c1353b0d469b5db19eb91c27f7dfa6fed39fe26af20b',
        extraData('gTb53rz6EhSWomXGzimC1Q'),
      ),
      authenticatorData: `${rpIdHash}0900000000`,
      signature:
        '304402203310b9431903c401f1be2bdc8d23a4007682dbbddcf846994947b7f465daf84002204e94dd00047b316061b3b99772b7efd95994a83ef584b3b6b825ea3550251b66',
    });

    expect(await registrationIsSigned(registration, relyingParty)).toBe(true);
    expect(await refusalOf(() => assertCeremony(registration, relyingParty))).toBeUndefined();
    expect(await assertionIsSigned(assertion, registration, relyingParty)).toBe(true);
  });

  it('given ES256 in a frame of another origin, when it is looked at, then it is origin_mismatch', async () => {
    const assertion = assertionOf({
      id: '6e1050c0d2ca2f07c755cb2c66a74c64fa43065c18f938354d9915db2bd5ce57',
      clientData: clientData('webauthn.get', '876aa517ba83fdee65fcffdbca4c84eeae5d54f8041a1fc85c991e5bbb273137', {
        crossOrigin: true,
        ...extraData('92pcTVD0Aby-q4dtmj6efg'),
      }),
      authenticatorData: `${rpIdHash}0500000000`,
      signature:
        '3046022100eb12fcf23b12764c0f122e22371fab92e283879fd798f38ee1841c951b6e40e7022100c76237ff9db77b3c56f30837cda6a09acfa2e915544e609c0733b1184036d1cf',
    });

    expect(await refusalOf(() => assertCeremony(assertion, relyingParty))).toBe('origin_mismatch');
  });

  it('given an assertion by RS256, when it is verified, then it is signed', async () => {
    const modulus = ((2n ** 1279n - 1n) * (2n ** 2203n - 1n)).toString(16);
    const publicKey = cbor(
      new Map<number, Cbor>([
        [1, 3],
        [3, -257],
        [-1, Buffer.from(modulus.padStart(872, '0'), 'hex')],
        [-2, Buffer.from('010001', 'hex')],
      ]),
    ).toString('base64url');
    const assertion = assertionOf({
      id: '992a18acc83f67533600c1138a4b4c4bd236de13629cf025ed17cb00b00b74df',
      clientData: clientData('webauthn.get', '295f59f5fa8fe62c5aca9e27626c78c8da376ae6d8cd2dd29aebad601e1bc4c5'),
      authenticatorData: `${rpIdHash}1900000000`,
      signature:
        '01063d52d7c39b4d432fc7063c5d93e582bdcb16889cd71f888d67d880ea730a428498d3bc8e1ee11f2b1ecbe6c292b118c55ffaaddefa8cad0a54dd137c51f1eec673f1bb6c4d1789d6826a222b22d0f585fc901fdc933212e579d199b89d672aa44891333e6a1355536025e82b25590256c3538229b55737083b2f6b9377e49e2472f11952f79fdd0da180b5ffd901b4049a8f081bb40711bef76c62aed943571f2d0575304cb549d68d8892f95086a30f93716aee818f8dc06e96c0d5e0ed4cfa9fd8773d90464b68cf140f7986666ff9c9e3302acd0535d60d769f465e2ab57ef8aabc89fccfef7ba32a64154a8b3d26be2298f470b8cc5377dbe3dfd4b0b45f8f01e63bde6cfc76b62771f9b70aa27cf40152cad93aa5acd784fd4b90f676e2ea828d0bf2400aebbaae4153e5838f537f88b6228346782a93a899be66ec77de45b3efcf311da6321c92e6b0cd11bfe653bf3e98cee8e341f02d67dbb6f9c98d9e8178090cfb5b70fbc6d541599ac794ae2f1d4de1286ec8de8c2daf7b1d15c8438e90d924df5c19045220a4c8438c1b979bbe016cf3d0eeec23c3999d4882cc645b776de930756612cdc6dd398160ff02a6',
    });

    expect(await assertionIsSigned(assertion, { ...assertion, publicKey }, relyingParty)).toBe(true);
  });

  it('given an assertion by Ed25519, when it is verified, then it is signed', async () => {
    const publicKey = toBase64url(
      'a401010327200621582044e06ddd331c36a8dc667bab52bcae63486c916aa5e339e6acebaa84934bf832',
    );
    const assertion = assertionOf({
      id: 'ce9f840ed96599580cd140fbc7bb3230633f50f61041aff73308ae71caa8a2bd',
      clientData: clientData('webauthn.get', '895957e01c633a698348a2d8a31a54b7db27e8c1c43b2080d79ae2190267bfd2'),
      authenticatorData: `${rpIdHash}0100000000`,
      signature:
        'f5c59c7e46c34f6f8cc197101ddf9934fa2595f68eb1913a637e8419eb9ba4cfdfc48f85393bc0d40b011f0d6fecb097d6607525713223a0dc0d453993dae00b',
    });

    expect(await assertionIsSigned(assertion, { ...assertion, publicKey }, relyingParty)).toBe(true);
  });
});
