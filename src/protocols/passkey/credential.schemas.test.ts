import { describe, expect, it } from '@jest/globals';
import { Authenticator, type Misbehaviour } from '../../../test/support/clients/authenticator';
import { cbor, type Cbor } from '../../../test/support/clients/cbor';
import { refusalOf } from '../../../test/support/clients/refusal';
import { parseAssertion, parseRegistration } from './credential.schemas';

const creation = {
  challenge: 'Y3JlYXRpb24',
  rp: { id: 'example.org', name: 'Example' },
  user: { id: 'dXNlcg', name: 'anna', displayName: 'Anna' },
  pubKeyCredParams: [],
};
const request = { challenge: 'cmVxdWVzdA', rpId: 'example.org' };
const extensions = { attested: 0x40, present: 0x80 };

const newAuthenticator = () => new Authenticator({ origin: 'https://example.org' });

function registrationOf(says: Misbehaviour = {}) {
  return newAuthenticator().create(creation, says);
}

function assertionOf(says: Misbehaviour = {}) {
  const authenticator = newAuthenticator();
  authenticator.create(creation);
  return authenticator.get(request, says);
}

const pad = (text: string) => text.padEnd(Math.ceil(text.length / 4) * 4, '=');

/** The answer with other bytes in one of its members. */
function withBytes<Answer extends { readonly response: object }>(
  answer: Answer,
  member: keyof Answer['response'] & string,
  change: (bytes: Buffer) => Buffer,
): string {
  const bytes = Buffer.from(String(Reflect.get(answer.response, member)), 'base64url');
  const changed = change(bytes).toString('base64url');
  return JSON.stringify({ ...answer, response: { ...answer.response, [member]: changed } });
}

const asJson = (value: unknown) => () => Buffer.from(JSON.stringify(value));
const flagged =
  (flag: number, ...appended: Buffer[]) =>
  (authData: Buffer) => {
    const changed = Buffer.concat([authData, ...appended]);
    changed.writeUInt8(changed.readUInt8(32) | flag, 32);
    return changed;
  };

describe('an assertion', () => {
  it('given what a browser returns, when it is parsed, then each part of it is read', () => {
    const answer = assertionOf({ counter: 7 });

    const { credentialId, userHandle, clientData, authenticatorData } = parseAssertion(JSON.stringify(answer));

    expect({ credentialId, userHandle }).toEqual({ credentialId: answer.id, userHandle: 'dXNlcg' });
    expect(clientData).toMatchObject({ challenge: 'cmVxdWVzdA', origin: 'https://example.org', crossOrigin: false });
    expect(authenticatorData).toMatchObject({ userPresent: true, userVerified: true, backedUp: true, counter: 7 });
  });

  it('given members of a later specification and extensions, when it is parsed, then they do no harm', () => {
    const answer = { ...assertionOf(), authenticatorAttachment: 'platform', later: {} };
    const outputs = cbor(new Map<string, Cbor>([['later', 1]]));

    expect(parseAssertion(withBytes(answer, 'authenticatorData', flagged(extensions.present, outputs)))).toBeDefined();
  });

  it('given a credential of 16 KiB, when it is parsed, then it is read', () => {
    const answer = { ...assertionOf(), filler: '' };
    const filler = 'x'.repeat(16_384 - JSON.stringify(answer).length);

    expect(parseAssertion(JSON.stringify({ ...answer, filler })).credentialId).toBe(answer.id);
  });

  it('given padding in all but the id, when it is parsed, then it is read as without', () => {
    const { id, rawId, response, ...others } = assertionOf();
    const answer = Object.fromEntries(Object.entries(response).map(([member, text]) => [member, pad(text)]));

    const parsed = parseAssertion(JSON.stringify({ ...others, id, rawId: pad(rawId), response: answer }));

    expect(parsed.json).toEqual({ id, rawId, response, type: 'public-key' });
  });

  const right = assertionOf();
  const changed = (change: object) => JSON.stringify({ ...right, ...change });
  const withResponse = (change: object) => changed({ response: { ...right.response, ...change } });
  const withClientData = (change: object) =>
    withBytes(right, 'clientDataJSON', (bytes) => asJson({ ...JSON.parse(bytes.toString()), ...change })());

  it.each<[what: string, credential: string | undefined]>([
    ['nothing', undefined],
    ['no JSON', 'passkey'],
    ['null', 'null'],
    ['a list', '[]'],
    ['JSON of 40 levels', `${'['.repeat(40)}${']'.repeat(40)}`],
    ['one of more than 16 KiB', changed({ filler: 'x'.repeat(16_384) })],
    ['another type', changed({ type: 'password' })],
    ['an id that is not rawId', changed({ id: 'AAAA' })],
    ['an empty id', changed({ id: '', rawId: '' })],
    ['an id with padding', changed({ id: 'AA==', rawId: 'AA==' })],
    ['an id in another spelling', changed({ id: 'AB', rawId: 'AB' })],
    ['an id of 1,024 bytes', changed({ id: 'A'.repeat(1_366), rawId: 'A'.repeat(1_366) })],
    ['an id that is a number', changed({ id: 1, rawId: 1 })],
    ['no response', changed({ response: undefined })],
    ['no userHandle', withResponse({ userHandle: undefined })],
    ['an empty userHandle', withResponse({ userHandle: '' })],
    ['a userHandle of null', withResponse({ userHandle: null })],
    ['no signature', withResponse({ signature: undefined })],
    ['an empty signature', withResponse({ signature: '' })],
    ['a signature in base64', withResponse({ signature: 'AA+/' })],
    ['padding in the middle', withResponse({ signature: right.response.signature.replace(/^../, '$&=') })],
    ['client data that are no JSON', withResponse({ clientDataJSON: 'AAAA' })],
    ['client data of a registration', withClientData({ type: 'webauthn.create' })],
    ['client data of a payment', withClientData({ type: 'payment.get' })],
    ['client data without a challenge', withClientData({ challenge: undefined })],
    ['a challenge that is a list', withClientData({ challenge: ['cmVxdWVzdA'] })],
    ['an origin that is a list', withClientData({ origin: ['https://example.org'] })],
    ['a crossOrigin that is text', withClientData({ crossOrigin: 'false' })],
    ['a topOrigin that is an object', withClientData({ topOrigin: {} })],
    ['no authenticator data', withResponse({ authenticatorData: '' })],
    ['36 bytes of authenticator data', withBytes(right, 'authenticatorData', (bytes) => bytes.subarray(0, 36))],
    ['a byte after them', withBytes(right, 'authenticatorData', (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]))],
    ['flags of extensions that are not there', withBytes(right, 'authenticatorData', flagged(extensions.present))],
    [
      'extensions that nest nine levels',
      withBytes(
        right,
        'authenticatorData',
        flagged(extensions.present, Buffer.from(`a16178${'81'.repeat(8)}00`, 'hex')),
      ),
    ],
    [
      'extensions that are no map',
      withBytes(right, 'authenticatorData', flagged(extensions.present, Buffer.from('5f', 'hex'))),
    ],
    ['a key that is not there', withBytes(right, 'authenticatorData', flagged(extensions.attested))],
    ['the authenticator data of a registration', withResponse({ authenticatorData: attestedData() })],
    ['backed up, but not eligible for it', JSON.stringify(assertionOf({ backupEligible: false, backedUp: true }))],
    ['a registration', JSON.stringify(registrationOf())],
  ])('given %s, when it is parsed, then it is credential_malformed', async (_what, credential) => {
    expect(await refusalOf(() => parseAssertion(credential))).toBe('credential_malformed');
  });
});

/** The authenticator data of a registration without a statement, base64url. */
function attestedData({ response } = registrationOf()): string {
  const object = Buffer.from(response.attestationObject, 'base64url');
  // 58: bytes, of a length in the next byte.
  return object.subarray(object.indexOf('authData') + 'authData'.length + 2).toString('base64url');
}

describe('a registration', () => {
  it('given what a browser returns, when it is parsed, then each part of it is read', () => {
    const answer = registrationOf();

    const { credentialId, transports, clientData } = parseRegistration(JSON.stringify(answer));

    expect({ credentialId, transports }).toEqual({ credentialId: answer.id, transports: ['internal', 'hybrid'] });
    expect(clientData).toMatchObject({ challenge: 'Y3JlYXRpb24' });
  });

  const right = registrationOf();
  const changed = (change: object) => JSON.stringify({ ...right, ...change });
  const withResponse = (change: object) => changed({ response: { ...right.response, ...change } });
  const withObject = (change: (bytes: Buffer) => Buffer) => withBytes(right, 'attestationObject', change);
  const withItem = (item: Cbor) => withObject(() => cbor(item));
  const hex = (text: string) => withObject(() => Buffer.from(text, 'hex'));
  const authData = Buffer.from(attestedData(right), 'base64url');
  /** A map with these members in their order; a name may come twice. */
  const mapOf = (...members: readonly (readonly [string, Cbor])[]) =>
    withObject(() =>
      Buffer.concat([Buffer.from([0xa0 | members.length]), ...members.flat().map((each) => cbor(each))]),
    );
  const none = ['attStmt', new Map<string, Cbor>()] as const;
  const some = ['attStmt', new Map<string, Cbor>([['alg', -7]])] as const;

  it('given the members of an attestation object one by one, when it is parsed, then it is read', () => {
    expect(parseRegistration(mapOf(['fmt', 'none'], none, ['authData', authData])).credentialId).toBe(right.id);
  });

  it.each<[what: string, credential: string | undefined]>([
    ['nothing', undefined],
    ['another type', changed({ type: 'password' })],
    ['an id that is not rawId', changed({ id: 'AAAA' })],
    ['a rawId that is not the id', changed({ rawId: 'AAAA' })],
    ['an id that is not the signed one', changed({ id: 'AAAA', rawId: 'AAAA' })],
    ['transports that are text', withResponse({ transports: 'usb' })],
    ['nine transports', withResponse({ transports: Array.from({ length: 9 }, () => 'usb') })],
    ['client data of a login', JSON.stringify(registrationOf({ type: 'webauthn.get' }))],
    ['an attestation object that is a number', withItem(7)],
    ['one that is a list', withItem(['none', [], authData])],
    ['one that is cut off', withObject((bytes) => bytes.subarray(0, -1))],
    ['one with a byte after it', withObject((bytes) => Buffer.concat([bytes, Buffer.alloc(1)]))],
    ['one that nests', withObject(() => Buffer.concat([Buffer.alloc(9_000, 0x81), Buffer.from([0])]))],
    ['one of four billion members', hex('baffffffff')],
    [
      'one whose bytes are longer than they are',
      hex('a363666d74646e6f6e656761747453746d74a06861757468446174615affffffff00'),
    ],
    ['one of an indefinite length', hex('bf63666d74646e6f6e65ff')],
    ['one with a name twice', mapOf(['fmt', 'none'], none, ['fmt', 'none'], ['authData', authData])],
    ['one without a format', mapOf(none, ['authData', authData])],
    ['one without a statement', mapOf(['fmt', 'none'], ['authData', authData])],
    ['a statement that is text', mapOf(['fmt', 'none'], ['attStmt', 'none'], ['authData', authData])],
    ['no authenticator data', mapOf(['fmt', 'none'], none)],
    ['authenticator data that are text', mapOf(['fmt', 'none'], none, ['authData', 'x'.repeat(200)])],
    ['authenticator data of a login', mapOf(['fmt', 'none'], none, ['authData', Buffer.alloc(37)])],
    ['a statement of the format none that says something', mapOf(['fmt', 'none'], some, ['authData', authData])],
    ['a statement that was not asked for', mapOf(['fmt', 'fido-u2f'], none, ['authData', authData])],
    ['one with certificates', JSON.stringify(registrationOf({ attestation: 'packed' }))],
    ['no flag of a key', JSON.stringify(registrationOf({ flags: 0x1d }))],
    ['backed up, but not eligible for it', JSON.stringify(registrationOf({ flags: 0x55 }))],
    ['an assertion', JSON.stringify(assertionOf())],
  ])('given %s, when it is parsed, then it is credential_malformed', async (_what, credential) => {
    expect(await refusalOf(() => parseRegistration(credential))).toBe('credential_malformed');
  });
});
