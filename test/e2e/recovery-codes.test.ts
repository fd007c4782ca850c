import { describe, expect, it } from '@jest/globals';
import { UserStore, type User } from '../../src/domain/identity/user-store';
import { browserOf, change, newPerson, storedUser } from '../support/clients/account-page';
import { BrowserSession, hiddenFields, sessionIdOf } from '../support/clients/browser-session';
import { askWith, codeFor, redeem } from '../support/clients/pkce-login';
import { adminToken } from '../support/operations/admin';
import { eventsOf } from '../support/operations/audit';
import { fixture } from '../support/run/fixture';
import { errorOf } from '../support/service/envelope';
import { startService } from '../support/service/service';
import { bothStores } from '../support/stores/stores';

const wrongCode = 'ABCDEFGHIJKLM234';

// On both stores: the use of a code is one conditional write, which each makes in its own way.
describe.each(bothStores)('recovery codes on %s', (store) => {
  const service = fixture(() => startService(store, { ADMIN_TOKEN: adminToken }));

  /** Makes ten codes for the person, as they are shown. */
  async function newCodes(person: User): Promise<string[]> {
    const response = await change(await browserOf(service, person), '/recovery-codes', {});
    const html = await response.text();
    return [...html.matchAll(/<code>([^<]*)<\/code>/g)].map(([, code = '']) => code);
  }

  async function useCode(username: string, code: string, browser = new BrowserSession(service.url)) {
    const { csrf = '' } = hiddenFields(await (await browser.fetch('/login/recovery')).text());
    return browser.postForm('/login/recovery', { csrf, username, code });
  }

  it('given the button, when it is pressed, then ten codes are shown once, and only their hashes are stored', async () => {
    const person = await newPerson(service);
    let codes: string[] = [];

    const events = await eventsOf(service, async () => (codes = await newCodes(person)), 2);
    const { recoveryCodes = [] } = await storedUser(service, person);

    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^[A-Z2-7]{16}$/);
    expect(recoveryCodes).toHaveLength(10);
    expect(recoveryCodes.filter((hash) => codes.includes(hash))).toEqual([]);
    expect(events).toContainEqual(expect.objectContaining({ type: 'recovery_codes_made', sub: person.id }));
  });

  it.each([
    ['as it is shown', (code: string) => code],
    ['in lower case, with blanks and hyphens', (code: string) => ` ${code.toLowerCase().replace(/(.{4})/g, '$1 - ')}`],
  ])(
    'given a code %s, when it is used, then it signs in once, by otp, and leads to the account',
    async (_case, typed) => {
      const person = await newPerson(service);
      const [code = ''] = await newCodes(person);
      const browser = new BrowserSession(service.url);

      const used = await useCode(person.username.toUpperCase(), typed(code), browser);
      const again = await useCode(person.username, typed(code));
      const { body } = await redeem(service, await codeFor(service, browser));

      expect([used.status, used.headers.get('location')]).toEqual([303, '/account']);
      expect(again.status).toBe(401);
      expect(await again.text()).toContain('or the code was used before');
      expect(await (await askWith(service, body['access_token'])).json()).toMatchObject({
        sub: person.id,
        amr: ['otp'],
      });
      expect(await (await browser.fetch('/account')).text()).toContain('9 left');
    },
  );

  it('given new codes, when one of those before is used, then it is wrong', async () => {
    const person = await newPerson(service);
    const [former = ''] = await newCodes(person);
    await newCodes(person);

    expect((await useCode(person.username, former)).status).toBe(401);
  });

  it('given a person with nothing but codes, when one is used, then a password can be set', async () => {
    const person = await newPerson(service);
    const [code = ''] = await newCodes(person);
    await service.app.get(UserStore).change(person.id, ({ passwordHash: _hash, ...user }) => user);
    const browser = new BrowserSession(service.url);
    await useCode(person.username, code, browser);

    const response = await change(browser, '/password', { new_password: 'correct horse battery' });

    expect(response.status).toBe(303);
    expect((await storedUser(service, person)).passwordHash).toEqual(expect.any(String));
  });

  it('given one code 200 times at once, when it is sent, then one session begins', async () => {
    const person = await newPerson(service);
    const [code = ''] = await newCodes(person);
    const browsers = Array.from({ length: 200 }, () => new BrowserSession(service.url));
    const forms = await Promise.all(
      browsers.map(async (browser) => hiddenFields(await (await browser.fetch('/login/recovery')).text())),
    );

    const answers = await Promise.all(
      browsers.map((browser, at) =>
        browser.postForm('/login/recovery', { ...forms[at], username: person.username, code }),
      ),
    );

    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
    // A store that is too slow for so many is 503.
    const statuses = answers.map(({ status }) => status).filter((status) => status !== 503);
    expect(new Set(statuses)).toEqual(new Set([303, 401, 429]));
    expect(browsers.filter((browser) => browser.cookie('tessera_session') !== undefined).map(sessionIdOf)).toHaveLength(
      1,
    );
    expect((await storedUser(service, person)).recoveryCodes).toHaveLength(9);
  });

  it('given a disabled user, when a code is used, then it is wrong, and stays', async () => {
    const person = await newPerson(service);
    const [code = ''] = await newCodes(person);
    await service.app.get(UserStore).change(person.id, (user) => ({ ...user, disabled: true }));

    expect((await useCode(person.username, code)).status).toBe(401);
    expect((await storedUser(service, person)).recoveryCodes).toHaveLength(10);
  });

  it.each(['somebody', 'nobody'])(
    'given 5 guesses at %s, without limits, when there is one more in the hour, then it is 429 from anywhere',
    async (who) => {
      const person = await newPerson(service);
      const [code = ''] = await newCodes(person);
      const username = who === 'somebody' ? person.username : `nobody-${person.id}`;

      const guesses: number[] = [];
      for (let count = 0; count < 5; count += 1) guesses.push((await useCode(username, wrongCode)).status);
      const refused = await useCode(username, code);
      service.clock.advance(3_600_000);
      const later = await useCode(username, code);

      expect(guesses).toEqual([401, 401, 401, 401, 401]);
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(later.status).toBe(who === 'somebody' ? 303 : 401);
    },
  );

  it('given right codes, when they are used, then they are no guesses', async () => {
    const person = await newPerson(service);

    const statuses: number[] = [];
    for (const code of await newCodes(person)) statuses.push((await useCode(person.username, code)).status);

    expect(statuses).toEqual(Array.from({ length: 10 }, () => 303));
  });

  it.each([
    ['no code', { username: 'user0' }],
    ['no username', { code: wrongCode }],
    ['a code that is none', { username: 'user0', code: 'x'.repeat(10_000) }],
    ['a username with a NUL', { username: 'user\u00000', code: wrongCode }],
  ])('given %s, when it is sent, then the form is shown again', async (_case, fields) => {
    const browser = new BrowserSession(service.url);
    const { csrf = '' } = hiddenFields(await (await browser.fetch('/login/recovery')).text());

    expect((await browser.postForm('/login/recovery', { csrf, ...fields } as Record<string, string>)).status).toBe(401);
  });

  it('given a form of another page, when it is sent, then it is csrf_invalid and no guess', async () => {
    const response = await new BrowserSession(service.url).postForm('/login/recovery', { username: 'user0' });

    expect(await errorOf(response)).toMatchObject({ status: 403, reason: 'csrf_invalid' });
  });
});
