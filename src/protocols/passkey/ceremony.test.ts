import { describe, expect, it } from '@jest/globals';
import { Authenticator, type Misbehaviour } from '../../../test/support/clients/authenticator';
import { refusalOf } from '../../../test/support/clients/refusal';
import { assertCeremony } from './ceremony';
import { parseRegistration } from './credential.schemas';

const relyingParty = { rpId: 'example.org', origin: 'https://auth.example.org' };

function ceremonyOf(says: Misbehaviour, browserOrigin = relyingParty.origin) {
  const options = {
    challenge: 'Y3JlYXRpb24',
    rp: { id: relyingParty.rpId, name: 'Example' },
    user: { id: 'dXNlcg', name: 'anna', displayName: 'Anna' },
    pubKeyCredParams: [],
  };
  return parseRegistration(JSON.stringify(new Authenticator({ origin: browserOrigin }).create(options, says)));
}

describe('a ceremony', () => {
  it('given the issuer’s origin and RP ID and a verified user, when it is looked at, then no rule fails', async () => {
    expect(await refusalOf(() => assertCeremony(ceremonyOf({}), relyingParty))).toBeUndefined();
  });

  it.each([
    'https://example.org',
    'http://auth.example.org',
    'https://auth.example.org:8443',
    'https://auth.example.org/',
    'https://auth.example.org.evil.example',
    'https://evil.example/https://auth.example.org',
    'HTTPS://AUTH.EXAMPLE.ORG',
    'android:apk-key-hash:AAAA',
    'null',
    '',
  ])('given the origin %j, when it is looked at, then it is origin_mismatch', async (origin) => {
    expect(await refusalOf(() => assertCeremony(ceremonyOf({}, origin), relyingParty))).toBe('origin_mismatch');
  });

  it.each<Misbehaviour>([
    { crossOrigin: true },
    { topOrigin: 'https://evil.example' },
    { topOrigin: relyingParty.origin },
  ])('given a frame, %j, when it is looked at, then it is origin_mismatch', async (says) => {
    expect(await refusalOf(() => assertCeremony(ceremonyOf(says), relyingParty))).toBe('origin_mismatch');
  });

  it.each<[Misbehaviour, string]>([
    [{ origin: 'https://evil.example', rpId: 'evil.example', flags: 0x40 }, 'origin_mismatch'],
    [{ rpId: 'evil.example', flags: 0x40 }, 'rp_id_mismatch'],
    [{ rpId: 'auth.example.org', flags: 0x40 }, 'rp_id_mismatch'],
    [{ flags: 0x40 }, 'user_not_present'],
    [{ userPresent: false }, 'user_not_present'],
    [{ userVerified: false }, 'user_not_verified'],
  ])('given %j, when it is looked at, then the first rule that fails is %s', async (says, reason) => {
    expect(await refusalOf(() => assertCeremony(ceremonyOf(says), relyingParty))).toBe(reason);
  });
});
