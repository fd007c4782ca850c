import { describe, expect, it } from '@jest/globals';
import { Authenticator } from '../../../test/support/clients/authenticator';
import { refusalOf } from '../../../test/support/clients/refusal';
import { assertCeremony } from './ceremony';
import { type Ceremony, parseAssertion, parseRegistration } from './credential.schemas';

// As FIDO2 Server Performance and Conformance Testing has it, Server-ServerAuthenticatorAttestationResponse-Resp-1, -2, -5 and
// Server-ServerAuthenticatorAssertionResponse-Resp-1, -2, -3. Its cases of statements by a manufacturer need a server that
// asks for one, and those of token binding ended with WebAuthn Level 2.

const relyingParty = { rpId: 'example.org', origin: 'https://example.org' };
const authenticator = new Authenticator({ origin: relyingParty.origin });
const registration = authenticator.create({
  challenge: 'Y3JlYXRpb24',
  rp: { id: 'example.org', name: 'Example' },
  user: { id: 'dXNlcg', name: 'anna', displayName: 'Anna' },
  pubKeyCredParams: [],
});
const assertion = authenticator.get({ challenge: 'cmVxdWVzdA', rpId: 'example.org' });

type Credential = Readonly<Record<string, unknown>> & { readonly response: object };

const wrong: Readonly<Record<string, unknown>> = {
  missing: undefined,
  null: null,
  'a number': 7,
  'a list': [],
  'an object': {},
  empty: '',
  'no base64url': '//+=',
};

/** What an answer's members become, one at a time: of the credential, of its response, and of the client data in it. */
function* cases(right: Credential): Generator<[member: string, what: string, credential: object]> {
  const { clientDataJSON = '' } = right.response as { clientDataJSON?: string };
  const clientData: object = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString());
  const withClientData = (changed: object) => {
    const text = Buffer.from(JSON.stringify({ ...clientData, ...changed })).toString('base64url');
    return { ...right, response: { ...right.response, clientDataJSON: text } };
  };
  for (const [what, value] of Object.entries(wrong)) {
    for (const member of ['id', 'rawId', 'type', 'response']) yield [member, what, { ...right, [member]: value }];
    for (const member of Object.keys(right.response).filter((each) => each !== 'transports')) {
      yield [`response.${member}`, what, { ...right, response: { ...right.response, [member]: value } }];
    }
    // A challenge is any text, and an unknown one is found out by the store.
    const texts = new Set(['empty', 'no base64url']);
    for (const member of ['type', 'challenge', 'origin']) {
      if (member !== 'challenge' || !texts.has(what)) {
        yield [`clientData.${member}`, what, withClientData({ [member]: value })];
      }
    }
  }
}

describe.each([
  ['a registration', registration as unknown as Credential, parseRegistration],
  ['an assertion', assertion as unknown as Credential, parseAssertion],
] as const)('FIDO server requirements, %s', (_what, right, parse: (credential: string) => Ceremony) => {
  const look = async (credential: object) =>
    refusalOf(() => assertCeremony(parse(JSON.stringify(credential)), relyingParty));

  it('given what browser and authenticator said, when it is looked at, then it is taken', async () => {
    expect(await look(right)).toBeUndefined();
  });

  it.each([...cases(right)])(
    'given %s: %s, when it is looked at, then it is refused',
    async (member, _value, credential) => {
      const reasons =
        member === 'clientData.origin' ? ['credential_malformed', 'origin_mismatch'] : ['credential_malformed'];

      expect(reasons).toContain(await look(credential));
    },
  );
});
