import { describe, expect, it } from '@jest/globals';
import { hashSecret, newId } from '../../src/domain/credentials/secret';
import { type User, UserStore } from '../../src/domain/identity/user-store';
import { LinkUses } from '../../src/protocols/login/links/link-uses';
import { browserOf, newPerson, personPassword, storedUser } from '../support/clients/account-page';
import { Authenticator } from '../support/clients/authenticator';
import { BrowserSession } from '../support/clients/browser-session';
import { LinkPage, newLinkOf } from '../support/clients/link-page';
import { sendPassword } from '../support/clients/login-page';
import { askWith, codeFor, redeem } from '../support/clients/pkce-login';
import { refusalOf } from '../support/clients/refusal';
import { newAccount } from '../support/clients/wallet';
import { admin, adminToken } from '../support/operations/admin';
import { eventsOf } from '../support/operations/audit';
import { tesseraHere } from '../support/operations/tessera-command';
import { fixture } from '../support/run/fixture';
import { errorOf } from '../support/service/envelope';
import { RecordedEvents } from '../support/service/recorded-events';
import { MailServer } from '../support/service/mail-server';
import { startService, startServiceOn } from '../support/service/service';
import { bothStores, emptyStore, storesUnderTest } from '../support/stores/stores';

const reasonOf = async (response: Response) => [response.status, (await errorOf(response)).reason];

describe.each(storesUnderTest)('links that an operator makes on %s', (store) => {
  const service = fixture(() => startService(store, { ADMIN_TOKEN: adminToken }));
  const call = (method: string, path: string, body?: unknown) => admin(service, method, path, body);

  async function userWithoutPassword(): Promise<{ id: string; username: string }> {
    const username = newId();
    const { status, body } = await call('POST', '/users', { username });
    expect(status).toBe(201);
    return { id: String(body['id']), username };
  }

  it('given a user without a password, when anybody logs in as them, then no password is right', async () => {
    const { username } = await userWithoutPassword();

    const answers = await Promise.all(
      ['', 'undefined', 'correct horse'].map((password) =>
        sendPassword(new BrowserSession(service.url), { username, password }),
      ),
    );

    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
  });

  it('given a user, when a link is made, then its URL is answered once, and the store has a hash of its secret', async () => {
    const { id } = await userWithoutPassword();

    const { status, body } = await call('POST', `/users/${id}/links`, { purpose: 'invitation', expires_in: 604_800 });

    const secret = String(body['url']).split('#')[1] ?? '';
    const user = await service.app.get(UserStore).find(id);
    expect(status).toBe(201);
    expect(body['url']).toMatch(new RegExp(`^${service.config.issuer}/link#invitation\\.[\\w-]{43}$`));
    expect(Number(body['expires_at']) - service.clock.now() / 1000 - 604_800).toBeLessThan(1);
    expect(user?.links).toEqual([
      { purpose: 'invitation', secretHash: hashSecret(secret), expiresAt: expect.any(Number) },
    ]);
    expect(JSON.stringify((await call('GET', `/users/${id}`)).body)).not.toContain('link');
  });

  it('given a link, when others are made, then a user has one of each purpose', async () => {
    const { id } = await userWithoutPassword();
    const make = (purpose: string) => call('POST', `/users/${id}/links`, { purpose });

    await Promise.all(['invitation', 'recovery', 'invitation', 'recovery', 'recovery'].map(make));

    const { links = [] } = (await service.app.get(UserStore).find(id)) ?? {};
    expect(links.map(({ purpose }) => purpose).toSorted()).toEqual(['invitation', 'recovery']);
  });

  it.each<[string, unknown]>([
    ['purpose', {}],
    ['purpose', { purpose: 'email' }],
    ['expires_in', { purpose: 'recovery', expires_in: 604_801 }],
    ['expires_in', { purpose: 'recovery', expires_in: 0 }],
    ['expires_in', { purpose: 'recovery', expires_in: null }],
    ['url', { purpose: 'recovery', url: 'https://evil.example/' }],
  ])('given a wrong %s, when a link is asked for, then it is named, and there is none', async (field, asked) => {
    const { id } = await userWithoutPassword();

    const { status, body } = await call('POST', `/users/${id}/links`, asked);

    expect([status, body['reason']]).toEqual([400, 'field_invalid']);
    expect(String(body['error_description'])).toContain(`${field} is not allowed so`);
    expect((await service.app.get(UserStore).find(id))?.links).toBeUndefined();
  });

  it('given no such user, when a link is asked for, then it is record_unknown', async () => {
    const { status, body } = await call('POST', '/users/nobody/links', { purpose: 'recovery' });

    expect([status, body['reason']]).toEqual([404, 'record_unknown']);
  });
});

// On both stores: the use of a link is one conditional write, which each makes in its own way.
describe.each(bothStores)('the use of a link on %s', (store) => {
  const service = fixture(() => startService(store, { ADMIN_TOKEN: adminToken }));
  const new_password = 'a password of their own';
  const authenticator = () => new Authenticator({ origin: service.config.issuer });

  const logIn = async ({ username }: Pick<User, 'username'>, password: string) =>
    (await sendPassword(new BrowserSession(service.url), { username, password })).status;

  /** A user without a password. */
  async function invited(): Promise<Pick<User, 'id' | 'username'>> {
    const username = newId();
    return { id: String((await admin(service, 'POST', '/users', { username })).body['id']), username };
  }

  /** Creates a passkey on the page of the link, and sends it. */
  async function sendPasskey(page: LinkPage, secret: string, fields = {}, device = authenticator()): Promise<Response> {
    const credential = device.create(await page.creationOptions(secret));
    return page.send(secret, { credential: JSON.stringify(credential), ...fields });
  }

  it('given an invited user without a password, when a password is chosen, then it signs in, at once and later', async () => {
    const person = await invited();
    const [page, secret] = [new LinkPage(service), await newLinkOf(service, person.id)];

    const used = await page.send(secret, { new_password });

    expect([used.status, used.headers.get('location')]).toEqual([303, '/account']);
    expect(await (await page.browser.fetch('/account')).text()).toContain(person.username);
    expect(await logIn(person, new_password)).toBe(303);
  });

  it('given an invited user, when a passkey is created, then it is theirs by its name, for the same handle ever after', async () => {
    const person = await invited();
    const page = new LinkPage(service);

    const used = await sendPasskey(page, await newLinkOf(service, person.id), { name: 'My phone' });
    const first = await storedUser(service, person);
    await sendPasskey(page, await newLinkOf(service, person.id));
    const second = await storedUser(service, person);

    expect(used.status).toBe(303);
    expect(first.passkeys?.map(({ name }) => name)).toEqual(['My phone']);
    expect(second.passkeys?.map(({ name }) => name)).toEqual(['My phone', 'Passkey']);
    expect(second.userHandle).toBe(first.userHandle);
    expect(first.userHandle).not.toContain(person.id);
  });

  it('given one link, when 200 use it at once, then one does, and one password is stored', async () => {
    const person = await invited();
    const secret = await newLinkOf(service, person.id);
    const found = await service.app.get(LinkUses).find(secret, new RecordedEvents());
    const hashes = Array.from({ length: 200 }, (_, at) => `$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$${at}`);

    const uses = await Promise.all(
      hashes.map((passwordHash) =>
        refusalOf(() => service.app.get(LinkUses).use(found, { passwordHash }, false, new RecordedEvents())),
      ),
    );

    const { passwordHash = '' } = await storedUser(service, person);
    expect(uses.filter((reason) => reason === undefined)).toHaveLength(1);
    expect(uses.filter((reason) => reason === 'link_used')).toHaveLength(199);
    expect(passwordHash).toBe(hashes[uses.indexOf(undefined)]);
  });

  it('given a link, when its page is fetched again and again, then nothing is used up', async () => {
    const person = await newPerson(service);
    const secret = await newLinkOf(service, person.id);

    const pages = await Promise.all(Array.from({ length: 5 }, () => fetch(`${service.url}/link`)));
    const html = await pages[0]?.text();

    expect(pages.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(html).toContain('<noscript>');
    expect((await new LinkPage(service).send(secret, { new_password })).status).toBe(303);
  });

  it('given sessions and grants, when an account is recovered by password, then all end, and the old password is nothing', async () => {
    const person = await newPerson(service);
    const before = await browserOf(service, person);
    const { body } = await redeem(service, await codeFor(service, before));
    const page = new LinkPage(service);

    const used = await page.send(await newLinkOf(service, person.id, 'recovery'), { new_password });

    expect(used.status).toBe(303);
    expect((await before.fetch('/account')).status).toBe(303);
    expect((await askWith(service, String(body['access_token']))).status).toBe(401);
    expect((await page.browser.fetch('/account')).status).toBe(200);
    expect([await logIn(person, personPassword), await logIn(person, new_password)]).toEqual([401, 303]);
    expect((await storedUser(service, person)).endingDue).toBeUndefined();
  });

  it.each([
    ['without the box', {}, 2, 1],
    ['with the box', { remove_others: 'on' }, 1, 0],
  ])(
    'given a passkey, a wallet and a password, when an account is recovered by a passkey %s, then the password is gone and the box decides on the rest',
    async (_how, fields, passkeys, wallets) => {
      const person = await newPerson(service, {
        wallets: [{ address: newAccount().address, chainId: 1, createdAt: 0 }],
      });
      const page = new LinkPage(service);
      await sendPasskey(page, await newLinkOf(service, person.id));

      const used = await sendPasskey(page, await newLinkOf(service, person.id, 'recovery'), fields);

      const user = await storedUser(service, person);
      expect(used.status).toBe(303);
      expect(user.passwordHash).toBeUndefined();
      expect([user.passkeys?.length, user.wallets?.length ?? 0]).toEqual([passkeys, wallets]);
    },
  );

  it('given a recovery that ended after it had stored the password, when its link comes again, then the sessions end', async () => {
    const person = await newPerson(service);
    const before = await browserOf(service, person);
    const secret = await newLinkOf(service, person.id, 'recovery');
    await service.app.get(UserStore).change(person.id, (user) => ({
      ...user,
      endingDue: newId(),
      links: (user.links ?? []).map((link) => ({ ...link, usedAt: service.clock.now() })),
    }));

    const again = await new LinkPage(service).send(secret, { new_password });

    expect(await reasonOf(again)).toEqual([400, 'link_used']);
    expect((await before.fetch('/account')).status).toBe(303);
    expect((await storedUser(service, person)).endingDue).toBeUndefined();
  });

  it.each<[string, string, (person: User, secret: string) => unknown]>([
    ['never made', 'link_unknown', (person) => `invitation.${person.id}`],
    ['replaced', 'link_unknown', (person) => newLinkOf(service, person.id)],
    ["a disabled user's", 'link_unknown', ({ id }) => admin(service, 'PATCH', `/users/${id}`, { disabled: true })],
    ['used', 'link_used', (_, secret) => new LinkPage(service).send(secret, { new_password })],
    ['expired', 'link_expired', () => service.clock.advance(86_400_000)],
    [
      'void by a recovery',
      'link_unknown',
      async ({ id }) => new LinkPage(service).send(await newLinkOf(service, id, 'recovery'), { new_password }),
    ],
  ])('given a link that is %s, when it is used, then it is %s, also for a passkey', async (what, reason, happens) => {
    const person = await newPerson(service);
    const made = await newLinkOf(service, person.id);
    const result = await happens(person, made);
    const secret = what === 'never made' ? String(result) : made;
    const page = new LinkPage(service);

    const used = await page.send(secret, { new_password: 'another password' });
    const challenge = await page.challenge(secret);

    expect(await reasonOf(used)).toEqual([400, reason]);
    expect(await reasonOf(challenge)).toEqual([400, reason]);
  });

  it.each([
    ['no password', {}, 400, 'password_unfit'],
    ['a short password', { new_password: 'seven77' }, 400, 'password_unfit'],
    ['a common password', { new_password: 'Password1' }, 400, 'password_unfit'],
    ['a credential that is none', { credential: '{}' }, 400, 'credential_malformed'],
    ['a name that is too long', { credential: '{}', name: 'x'.repeat(65) }, 400, 'field_invalid'],
    ['csrf of nobody', { csrf: 'x', new_password }, 403, 'csrf_invalid'],
  ])(
    'given %s, when the form is sent, then it is refused, and the link stays',
    async (_what, fields, status, reason) => {
      const person = await newPerson(service);
      const secret = await newLinkOf(service, person.id);
      const page = new LinkPage(service);

      const refused = await page.send(secret, fields);
      const right = await page.send(secret, { new_password });

      expect(await reasonOf(refused)).toEqual([status, reason]);
      expect(right.status).toBe(303);
    },
  );

  it('given options for one link, when another link or browser sends what was made of them, then the challenge is unknown', async () => {
    const [one, other] = [await newPerson(service), await newPerson(service)];
    const [secret, otherSecret] = [await newLinkOf(service, one.id), await newLinkOf(service, other.id)];
    const page = new LinkPage(service);
    const credential = JSON.stringify(authenticator().create(await page.creationOptions(secret)));

    const ofAnotherLink = await page.send(otherSecret, { credential });
    const ofAnotherBrowser = await new LinkPage(service).send(secret, { credential });
    const right = await page.send(secret, { credential });

    expect(await reasonOf(ofAnotherLink)).toEqual([400, 'challenge_unknown']);
    expect(await reasonOf(ofAnotherBrowser)).toEqual([400, 'challenge_unknown']);
    expect(right.status).toBe(303);
  });

  it('given 20 passkeys, when a link is to add one, then it is too_many, and the link stays', async () => {
    const person = await newPerson(service);
    const page = new LinkPage(service);
    await sendPasskey(page, await newLinkOf(service, person.id));
    await service.app.get(UserStore).change(person.id, (user) => ({
      ...user,
      passkeys: Array.from({ length: 20 }, () => ({
        ...(user.passkeys ?? [])[0]!,
        id: newId(),
        credentialId: newId(),
      })),
    }));
    const secret = await newLinkOf(service, person.id);

    const refused = await sendPasskey(page, secret);

    expect(await reasonOf(refused)).toEqual([409, 'too_many']);
    expect((await page.send(secret, { new_password })).status).toBe(303);
  });

  it('given a link, when it is made and used, then events tell it, and neither log nor store has its secret', async () => {
    const person = await newPerson(service);
    let secret = '';

    const events = await eventsOf(
      service,
      async () => {
        secret = await newLinkOf(service, person.id, 'recovery');
        await new LinkPage(service).send(secret, { new_password });
      },
      4,
    );

    const types = events.filter(({ sub }) => sub === person.id).map(({ type }) => type);
    expect(types.toSorted()).toEqual(['link_made', 'link_used', 'password_changed', 'session_begun']);
    expect(service.log.join('\n')).not.toContain(secret.slice('recovery.'.length));
    expect(JSON.stringify(await storedUser(service, person))).not.toContain(secret.slice('recovery.'.length));
  });
});

describe('tessera users link', () => {
  const store = fixture(() => emptyStore('lmdb'));
  const run = (args: readonly string[], input = '') => tesseraHere(args, store.env, input);

  it('given a user, when a link is made by username, then it is printed once', async () => {
    await run(['users', 'add', '--username', 'Anna'], 'correct horse');

    const made = await run(['users', 'link', 'anna', '--purpose', 'recovery', '--expires-in', '3600']);
    const shown = await run(['users', 'show', 'anna']);
    const unknown = await run(['users', 'link', 'bert', '--purpose', 'recovery']);
    const without = await run(['users', 'link', 'anna']);

    expect(made.stdout).toMatch(/^url: http:\/\/localhost:3000\/link#recovery\.[\w-]{43}\nexpires_at: \d{10}\n$/);
    expect(shown.stdout).not.toContain('link');
    expect([unknown.status, without.status]).toEqual([1, 1]);
    expect(without.stderr).toContain('purpose is not allowed so');
  });

  it('given a verified address and --send, when a link is made, then the service mails it; without an address none is made', async () => {
    const server = await MailServer.start();
    const mailing = { ...store.env, ...server.env };
    const bea = ['--username', 'Bea', '--email', 'bea@example.com', '--email-verified'];
    await tesseraHere(['users', 'add', ...bea], mailing, 'correct horse');
    await tesseraHere(['users', 'add', '--username', 'Cleo'], mailing, 'correct horse');

    const made = await tesseraHere(['users', 'link', 'bea', '--purpose', 'recovery', '--send'], mailing);
    const refused = await tesseraHere(['users', 'link', 'cleo', '--purpose', 'recovery', '--send'], mailing);
    expect([made.status, refused.status]).toEqual([0, 1]);
    const service = await startServiceOn(store, server.env);
    const [mail] = await server.to('bea@example.com');
    await service.stop();
    await server.stop();
    expect(mail?.subject).toBe('Recover your account');
    expect(refused.stderr).toContain('no verified email address');
  });
});
