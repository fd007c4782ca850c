import { describe, expect, it } from '@jest/globals';
import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server';
import { type Passkey, type User, UserStore } from '../../src/domain/identity/user-store';
import { addPasskeyAt, ask, browserOf, change, newPerson, storedUser } from '../support/clients/account-page';
import { Authenticator, type Misbehaviour } from '../support/clients/authenticator';
import type { BrowserSession } from '../support/clients/browser-session';
import { openLoginPage } from '../support/clients/login-page';
import { adminToken } from '../support/operations/admin';
import { eventsOf } from '../support/operations/audit';
import { fixture } from '../support/run/fixture';
import { errorOf } from '../support/service/envelope';
import { startService } from '../support/service/service';
import { bothStores, storesUnderTest } from '../support/stores/stores';

const stored = (number: number): Passkey => ({
  id: `passkey-${number}`,
  credentialId: `credential-${number}-${Math.random()}`,
  publicKey: 'AAAA',
  counter: 0,
  name: `Key ${number}`,
  synced: true,
  createdAt: 0,
});

async function optionsFor(browser: BrowserSession): Promise<PublicKeyCredentialCreationOptionsJSON> {
  return (await ask(browser, '/passkeys/challenge')).body as unknown as PublicKeyCredentialCreationOptionsJSON;
}

async function credentialOf(browser: BrowserSession, authenticator: Authenticator, says?: Misbehaviour) {
  return JSON.stringify(authenticator.create(await optionsFor(browser), says));
}

// On both stores: that a passkey has one owner, and a person a last credential, is decided by how each writes.
describe.each(bothStores)('passkeys at /account on %s', (store) => {
  const service = fixture(() => startService(store, { ADMIN_TOKEN: adminToken }));

  const passkeysOf = async (person: User) => (await storedUser(service, person)).passkeys ?? [];
  async function someone(changes: Partial<User> = {}) {
    const person = await newPerson(service, changes);
    const authenticator = new Authenticator({ origin: service.url });
    return { person, browser: await browserOf(service, person), authenticator };
  }

  it('given a person, when a passkey is asked for, then the options are those of docs/http-api.md, with a handle that stays and is not the subject', async () => {
    const { person, browser, authenticator } = await someone({ name: 'A Person' });

    const first = await ask(browser, '/passkeys/challenge');
    await addPasskeyAt(browser, authenticator);
    const second = await optionsFor(browser);

    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({
      rp: { id: 'localhost', name: 'Tessera' },
      user: { name: person.username, displayName: 'A Person' },
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      attestation: 'none',
      timeout: 300_000,
      excludeCredentials: [],
    });
    const { id: handle } = first.body['user'] as { id: string };
    expect(handle).toMatch(/^[\w-]{43}$/);
    expect(handle).not.toContain(person.id);
    expect(second.user.id).toBe(handle);
    expect(second.excludeCredentials?.map(({ id }) => id)).toEqual(authenticator.credentialIds);
  });

  it('given a passkey, when it is added, then it is stored, shown, and told of as an event; no session ends', async () => {
    const { person, browser, authenticator } = await someone();

    const events = await eventsOf(service, () => addPasskeyAt(browser, authenticator, ' My phone '));
    const html = await (await browser.fetch('/account')).text();

    const [passkey] = await passkeysOf(person);
    expect(passkey).toMatchObject({ credentialId: authenticator.credentialIds[0], name: 'My phone', synced: true });
    expect(html).toContain('My phone');
    expect(html).toMatch(/made \d{1,2} \w{3} \d{4}, \d\d:\d\d UTC, not used yet; synced to your devices/);
    expect(html).toContain(`data-credential-ids="${authenticator.credentialIds[0]}"`);
    expect(html).not.toContain(String(passkey?.publicKey));
    expect(events).toContainEqual(expect.objectContaining({ type: 'passkey_added', sub: person.id }));
  });

  it('given a passkey, when it is renamed and removed, then each is done and told of', async () => {
    const { person, browser, authenticator } = await someone();
    await addPasskeyAt(browser, authenticator);
    const [{ id } = stored(0)] = await passkeysOf(person);

    const renaming = await eventsOf(service, () =>
      change(browser, `/passkeys/${id}`, { action: 'rename', name: 'Ключ 🔑' }),
    );
    const renamed = await passkeysOf(person);
    service.clock.advance(1);
    const removing = await eventsOf(service, () => change(browser, `/passkeys/${id}`, { action: 'remove' }));

    expect(renamed).toEqual([expect.objectContaining({ id, name: 'Ключ 🔑' })]);
    expect(await passkeysOf(person)).toEqual([]);
    expect(renaming.map(({ type }) => type)).toContain('passkey_renamed');
    expect(removing.map(({ type }) => type)).toContain('passkey_removed');
  });

  it('given a passkey whose counter went back, when its owner trusts it, then its next counter is taken; another is not to be trusted', async () => {
    const [suspect, other] = [{ ...stored(1), suspected: true }, stored(2)];
    const { person, browser } = await someone({ passkeys: [suspect, other] });
    const html = await (await browser.fetch('/account')).text();

    const events = await eventsOf(service, () => change(browser, `/passkeys/${suspect.id}`, { action: 'trust' }));
    const unsuspected = await change(browser, `/passkeys/${other.id}`, { action: 'trust' });

    expect(html).toContain('may be a copy');
    const { suspected: _suspected, ...trusted } = { ...suspect, trusted: true };
    expect(await passkeysOf(person)).toEqual([trusted, other]);
    expect(events).toContainEqual(expect.objectContaining({ type: 'passkey_trusted', sub: person.id }));
    expect(await errorOf(unsuspected)).toMatchObject({ status: 400, reason: 'field_invalid' });
  });

  it('given a passkey that may be a copy and a password, when the password is removed, then it is last_credential: the passkey cannot sign in', async () => {
    const { person, browser } = await someone({ passkeys: [{ ...stored(1), suspected: true }] });

    const { passwordHash } = await storedUser(service, person);
    const response = await change(browser, '/password', {
      action: 'remove',
      current_password: 'a password of a person',
    });

    expect(await errorOf(response)).toMatchObject({ status: 409, reason: 'last_credential' });
    expect((await storedUser(service, person)).passwordHash).toBe(passwordHash);
  });

  it('given two passkeys and nothing else, when both are removed at once, then one stays: last_credential', async () => {
    for (let round = 0; round < 5; round += 1) {
      const passkeys = [stored(1), stored(2)];
      const { person, browser } = await someone({ passkeys });
      await service.app.get(UserStore).change(person.id, ({ passwordHash: _hash, ...user }) => user);

      const answers = await Promise.all(
        passkeys.map(({ id }) => change(browser, `/passkeys/${id}`, { action: 'remove' })),
      );

      expect(answers.map(({ status }) => status).toSorted()).toEqual([303, 409]);
      expect(await passkeysOf(person)).toHaveLength(1);
    }
  });

  it('given a credential that somebody has, when it is added, then it is already_exists, by themselves as by others', async () => {
    const [one, other] = [await someone(), await someone()];
    await addPasskeyAt(one.browser, one.authenticator);
    const [credentialId = ''] = one.authenticator.credentialIds;
    const again = async (browser: BrowserSession) => credentialOf(browser, other.authenticator, { credentialId });

    const byThemselves = await change(one.browser, '/passkeys', { credential: await again(one.browser) });
    const byAnother = await change(other.browser, '/passkeys', { credential: await again(other.browser) });

    for (const response of [byThemselves, byAnother]) {
      expect(await errorOf(response)).toMatchObject({ status: 409, reason: 'already_exists' });
    }
    expect((await passkeysOf(one.person)).map((passkey) => passkey.credentialId)).toEqual([credentialId]);
    expect(await passkeysOf(other.person)).toEqual([]);
  });

  it('given 19 passkeys, when two are added at once, then there are 20, and the other is too_many', async () => {
    const { person, browser, authenticator } = await someone({
      passkeys: Array.from({ length: 19 }, (_, at) => stored(at)),
    });
    const credentials = [await credentialOf(browser, authenticator), await credentialOf(browser, authenticator)];

    const answers = await Promise.all(credentials.map((credential) => change(browser, '/passkeys', { credential })));

    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([303, 409]);
    expect(await answers.find(({ status }) => status === 409)?.json()).toMatchObject({ reason: 'too_many' });
    expect(await passkeysOf(person)).toHaveLength(20);
    expect(await (await browser.fetch('/account')).text()).not.toContain('Add a passkey');
  });

  it('given one credential ten times at once, when it is sent, then it is added once', async () => {
    const { person, browser, authenticator } = await someone();
    const credential = await credentialOf(browser, authenticator);

    const answers = await Promise.all(Array.from({ length: 10 }, () => change(browser, '/passkeys', { credential })));

    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
    expect(await passkeysOf(person)).toHaveLength(1);
  });
});

describe.each(storesUnderTest)('bad input for passkeys at /account on %s', (store) => {
  const service = fixture(() => startService(store));

  async function someone(changes: Partial<User> = {}) {
    const person = await newPerson(service, changes);
    return {
      person,
      browser: await browserOf(service, person),
      authenticator: new Authenticator({ origin: service.url }),
    };
  }

  it.each<[string, Misbehaviour, string]>([
    ['another origin', { origin: 'https://evil.example' }, 'origin_mismatch'],
    ['another relying party', { rpId: 'evil.example' }, 'rp_id_mismatch'],
    ['no user', { userPresent: false, userVerified: false }, 'user_not_present'],
    ['no verification', { userVerified: false }, 'user_not_verified'],
    ['an unknown challenge', { challenge: 'A'.repeat(43) }, 'challenge_unknown'],
    ['the ceremony of a login', { type: 'webauthn.get' }, 'credential_malformed'],
  ])('given a credential with %s, when it is sent, then it is refused', async (_case, says, reason) => {
    const { person, browser, authenticator } = await someone();
    const credential = JSON.stringify(authenticator.create(await optionsFor(browser), says));

    const response = await change(browser, '/passkeys', { credential });

    expect(await errorOf(response)).toMatchObject({ status: 400, reason });
    expect((await storedUser(service, person)).passkeys).toBeUndefined();
  });

  it.each([
    ['none', ''],
    ['no JSON', '{'],
    ['a list', '[]'],
    ['another type', '{"type":"password"}'],
    ['17 KiB', JSON.stringify({ id: 'a'.repeat(17 * 1024) })],
  ])('given the credential %s, when it is sent, then it is credential_malformed', async (_case, credential) => {
    const { browser } = await someone();

    const response = await change(browser, '/passkeys', { credential });

    expect(await errorOf(response)).toMatchObject({ status: 400, reason: 'credential_malformed' });
  });

  it.each([
    ['only blanks', '  '],
    ['65 characters', 'a'.repeat(65)],
    ['a line break', 'my\nphone'],
  ])('given the name %s, when a passkey is added or renamed, then it is field_invalid', async (_case, name) => {
    const { person, browser, authenticator } = await someone({ passkeys: [stored(1)] });
    const credential = JSON.stringify(authenticator.create(await optionsFor(browser)));

    const added = await change(browser, '/passkeys', { credential, name });
    const renamed = await change(browser, '/passkeys/passkey-1', { action: 'rename', name });

    for (const response of [added, renamed]) {
      expect(await errorOf(response)).toMatchObject({ status: 400, reason: 'field_invalid' });
    }
    expect((await storedUser(service, person)).passkeys).toMatchObject([{ name: 'Key 1' }]);
  });

  it.each<[string, { action?: string; id?: string }, number, string]>([
    ['no action', {}, 400, 'field_invalid'],
    ['another action', { action: 'clone' }, 400, 'field_invalid'],
    ['a passkey of somebody else', { action: 'remove', id: 'passkey-2' }, 404, 'record_unknown'],
    ['no passkey', { action: 'trust', id: 'nothing' }, 404, 'record_unknown'],
  ])(
    'given %s, when a passkey is changed, then it is refused',
    async (_case, { id = 'passkey-1', ...fields }, status, reason) => {
      const { person, browser } = await someone({ passkeys: [stored(1)] });
      await someone({ passkeys: [stored(2)] });

      const response = await change(browser, `/passkeys/${id}`, { ...fields } as Record<string, string>);

      expect(await errorOf(response)).toMatchObject({ status, reason });
      expect((await storedUser(service, person)).passkeys).toHaveLength(1);
    },
  );

  it('given options of another person or browser, when their credential is sent, then it is challenge_unknown', async () => {
    const [one, other] = [await someone(), await someone()];
    const elsewhere = await browserOf(service, one.person);
    const credential = JSON.stringify(one.authenticator.create(await optionsFor(one.browser)));

    const byAnother = await change(other.browser, '/passkeys', { credential });
    const inAnotherBrowser = await change(elsewhere, '/passkeys', { credential });
    const here = await change(one.browser, '/passkeys', { credential });

    for (const response of [byAnother, inAnotherBrowser]) {
      expect(await errorOf(response)).toMatchObject({ status: 400, reason: 'challenge_unknown' });
    }
    expect(here.status).toBe(303);
  });

  it('given no fresh login, a wallet that is nobody’s, or no protection, when options are asked for, then they are refused', async () => {
    const { browser } = await someone();
    const unprotected = await ask(browser, '/passkeys/challenge', { csrf: 1 });
    const page = await openLoginPage(service.url);
    const nobody = await ask(page.browser, '/passkeys/challenge', { csrf: page.hidden['csrf'] });
    service.clock.advance(302_000);
    const late = await ask(browser, '/passkeys/challenge');

    const reasons = [unprotected, nobody, late].map(({ status, body }) => [status, body['reason']]);
    expect(reasons).toEqual([
      [403, 'csrf_invalid'],
      [401, 'login_too_old'],
      [401, 'login_too_old'],
    ]);
  });
});

it('given an issuer that is an IP address, when the account is shown, then passkeys are off: no section, and 404', async () => {
  const service = await startService('lmdb', { ISSUER: 'http://127.0.0.1:3000' });
  try {
    const browser = await browserOf(service, await newPerson(service));

    const html = await (await browser.fetch('/account')).text();
    const { status } = await ask(browser, '/passkeys/challenge');

    expect(html).not.toContain('Passkeys');
    expect(status).toBe(404);
  } finally {
    await service.stop();
  }
});
