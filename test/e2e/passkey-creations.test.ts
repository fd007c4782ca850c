import { describe, expect, it } from '@jest/globals';
import { grantIdFor } from '../../src/domain/challenges/grant';
import { isPasskeyName, PasskeyCreations } from '../../src/protocols/passkey/passkey-creations';
import { Authenticator, type Misbehaviour } from '../support/clients/authenticator';
import { newPasskeyOwner } from '../support/clients/passkey';
import { refusalOf } from '../support/clients/refusal';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { bothStores } from '../support/stores/stores';

const creator = { browser: 'browser', owner: 'user anna' };
const user = { name: 'anna', displayName: 'Anna', handle: 'YW5uYQ' };
const callers = 200;

describe.each(bothStores)('new passkeys on %s', (store) => {
  const service = fixture(() => startService(store));

  const creations = () => service.app.get(PasskeyCreations);
  const begin = (changes: Partial<typeof creator> = {}) =>
    creations().begin({ ...creator, ...changes, user, existing: [] });

  /** What a browser returns for a new challenge. */
  async function created(says: Misbehaviour = {}, origin = service.url) {
    return JSON.stringify(new Authenticator({ origin }).create(await begin(), says));
  }

  const complete = (credential: string, changes: Partial<typeof creator> = {}) =>
    creations().complete({ ...creator, ...changes, credential, name: undefined });

  it('given a user who has a passkey, when another is begun, then the options ask for a discoverable one that verifies its user', async () => {
    const { passkey } = await newPasskeyOwner(service);

    const options = await creations().begin({ ...creator, user, existing: [passkey] });

    expect(options).toEqual({
      rp: { id: 'localhost', name: 'Tessera' },
      user: { id: 'YW5uYQ', name: 'anna', displayName: 'Anna' },
      challenge: expect.stringMatching(/^[\w-]{43}$/),
      pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })),
      timeout: 300_000,
      excludeCredentials: [{ type: 'public-key', id: passkey.credentialId }],
      authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
      attestation: 'none',
    });
  });

  it('given what the browser returns, when it is completed, then it is a passkey with all that a login needs', async () => {
    const credential = await created({ counter: 3, backedUp: false });

    const { passkey, userHandle } = await complete(credential);

    expect(userHandle).toBe('YW5uYQ');
    expect(passkey).toEqual({
      id: expect.stringMatching(/^[\w-]{22}$/),
      credentialId: (JSON.parse(credential) as { id: string }).id,
      publicKey: expect.any(String),
      counter: 3,
      transports: ['internal', 'hybrid'],
      name: 'Passkey',
      synced: false,
      createdAt: expect.any(Number),
    });
  });

  it('given an attestation by the passkey itself, when it is completed, then it is taken, and a forged one is not', async () => {
    const right = await created({ attestation: 'packed self' });
    const forged = await created({ attestation: 'packed self', wrongKey: true });

    expect(await refusalOf(() => complete(right))).toBeUndefined();
    expect(await refusalOf(() => complete(forged))).toBe('signature_mismatch');
  });

  /** Each is wrong by itself, and in all that is checked after it. */
  const wrong = { origin: 'https://evil.example', rpId: 'evil.example', flags: 0x40 };
  const { origin: _origin, ...atHome } = wrong;

  it.each<[reason: string, says: Misbehaviour]>([
    ['credential_malformed', { ...wrong, flags: 0 }],
    ['challenge_unknown', { ...wrong, challenge: 'A'.repeat(43) }],
    ['origin_mismatch', wrong],
    ['rp_id_mismatch', atHome],
    ['user_not_present', { flags: 0x40 }],
    ['user_not_verified', { flags: 0x41 }],
  ])('given what is %s, when it is completed, then it is told so', async (reason, says) => {
    const credential = await created(says);

    expect(await refusalOf(() => complete(credential))).toBe(reason);
  });

  it.each([
    ['another browser', { browser: 'another' }],
    ['another owner', { owner: 'user eve' }],
    ['a link of the same secret', { owner: 'link anna' }],
  ])(
    'given the challenge of %s, when it is completed, then it is challenge_unknown, and stays for its own',
    async (_whose, changes) => {
      const credential = await created();

      const refused = await refusalOf(() => complete(credential, changes));

      expect(refused).toBe('challenge_unknown');
      expect(await refusalOf(() => complete(credential))).toBeUndefined();
    },
  );

  it('given a challenge of 300 s ago, when it is completed, then it is challenge_expired', async () => {
    const credential = await created(wrong);
    service.clock.advance(300_000);

    expect(await refusalOf(() => complete(credential))).toBe('challenge_expired');
  });

  it('given one credential, when 200 complete it at once, then it is one passkey, and used for all others, later too', async () => {
    const credential = await created();

    const reasons = await service.clock.standStill(() =>
      Promise.all(Array.from({ length: callers }, () => refusalOf(() => complete(credential)))),
    );
    service.clock.advance(60_000);
    const late = await refusalOf(() => complete(credential));

    expect(reasons.filter((reason) => reason === undefined)).toHaveLength(1);
    expect(new Set([...reasons, late])).toEqual(new Set([undefined, 'challenge_used']));
  });

  it('given the mark of a used challenge, when it is answered as one, then it is no challenge', async () => {
    const credential = await created();
    await complete(credential);
    const { response } = JSON.parse(credential) as { response: { clientDataJSON: string } };
    const said = Buffer.from(response.clientDataJSON, 'base64url').toString();
    const { challenge } = JSON.parse(said) as { challenge: string };
    const asked = await created({ challenge: grantIdFor('passkey_creation', challenge) });

    expect(await refusalOf(() => complete(asked))).toBe('challenge_unknown');
    expect(await refusalOf(() => complete(asked, { browser: '' }))).toBe('challenge_unknown');
  });
});

describe('the name of a passkey', () => {
  it.each(['a', 'My phone', '日本', 'x'.repeat(64)])('given %j, when it is looked at, then it may be one', (name) => {
    expect(isPasskeyName(name)).toBe(true);
  });

  it.each(['', ' ', ' a', 'a ', 'a\n', '\u202ea', 'x'.repeat(65)])(
    'given %j, when it is looked at, then it may not',
    (name) => {
      expect(isPasskeyName(name)).toBe(false);
    },
  );
});
