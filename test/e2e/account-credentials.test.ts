import { describe, expect, it } from '@jest/globals';
import { UserStore } from '../../src/domain/identity/user-store';
import { SessionStore } from '../../src/protocols/login/session-store';
import { browserOf, change, csrfOf, newPerson, personPassword, storedUser } from '../support/clients/account-page';
import { BrowserSession, sessionIdOf } from '../support/clients/browser-session';
import { logIn } from '../support/clients/logged-in-client';
import { openLoginPage, sendPassword, signedForm } from '../support/clients/login-page';
import { askWith, codeFor, redeem } from '../support/clients/pkce-login';
import { newAccount } from '../support/clients/wallet';
import { adminToken } from '../support/operations/admin';
import { eventsOf } from '../support/operations/audit';
import { fixture } from '../support/run/fixture';
import { errorOf } from '../support/service/envelope';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

const newPassword = 'correct horse battery';

describe.each(storesUnderTest)('who may change credentials at /account on %s', (store) => {
  const service = fixture(() => startService(store));

  /** A browser that signed in with a wallet that is nobody's. */
  async function walletBrowser(): Promise<BrowserSession> {
    const page = await openLoginPage(service.url);
    await page.browser.postForm('/login/wallet', await signedForm(page, newAccount()));
    return page.browser;
  }

  it('given a login of 5 minutes ago, when a credential is changed, then it is; a moment later the browser logs in first', async () => {
    const person = await newPerson(service);
    const browser = await browserOf(service, person);
    const asked = { current_password: personPassword, new_password: newPassword };
    const csrf = await csrfOf(browser);
    service.clock.advance(301_000);

    const late = await browser.postForm('/account/password', { csrf, ...asked });
    const login = await openLoginPage(service.url, late.headers.get('location')?.split('?')[1], browser);
    const { username } = person;
    const again = await browser.postForm('/login', { ...login.hidden, username, password: personPassword });
    service.clock.advance(298_000);
    const inTime = await browser.postForm('/account/password', { csrf, ...asked });

    expect([late.status, late.headers.get('location')]).toEqual([303, '/login?page=account']);
    expect([again.status, again.headers.get('location')]).toEqual([303, '/account']);
    expect([inTime.status, inTime.headers.get('location')]).toEqual([303, '/account']);
    expect((await sendPassword(new BrowserSession(service.url), { username, password: newPassword })).status).toBe(303);
  });

  it('given a wallet that is nobody’s, when it asks, then the page has none of these sections, and a change is access_denied', async () => {
    const browser = await walletBrowser();

    const html = await (await browser.fetch('/account')).text();
    const response = await change(browser, '/password', { new_password: newPassword });

    expect(html).not.toContain('Password');
    expect(await errorOf(response)).toMatchObject({ status: 403, error: 'access_denied', reason: 'access_denied' });
  });

  it('given no session, when a credential is changed, then the browser logs in first', async () => {
    const page = await openLoginPage(service.url);

    const response = await page.browser.postForm('/account/password', {
      csrf: page.hidden['csrf'] ?? '',
      new_password: newPassword,
    });

    expect([response.status, response.headers.get('location')]).toEqual([303, '/login?page=account']);
  });

  it.each([
    ['a form of another page', {}, 403, 'csrf_invalid'],
    ['a field twice', 'twice', 400, 'parameter_repeated'],
  ])('given %s, when it is sent, then it is refused', async (_case, fields, status, reason) => {
    const browser = await browserOf(service, await newPerson(service));
    const csrf = await csrfOf(browser);
    const body = fields === 'twice' ? `csrf=${csrf}&action=remove&action=remove` : 'action=remove';

    const response = await browser.fetch('/account/password', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
    });

    expect(await errorOf(response)).toMatchObject({ status, reason });
  });
});

describe.each(storesUnderTest)('POST /account/password on %s', (store) => {
  const service = fixture(() => startService(store, { ADMIN_TOKEN: adminToken, RATE_LIMIT: 'on' }));

  const isAlive = async (id: string) =>
    (await service.app.get(SessionStore).find(id, service.clock.now())) !== undefined;
  const canLogIn = async (username: string, password: string) =>
    (await sendPassword(new BrowserSession(service.url), { username, password })).status === 303;

  it('given other sessions, codes and grants, when the password is changed, then they end, and this session does not', async () => {
    const person = await newPerson(service);
    const [browser, other] = [await browserOf(service, person), await browserOf(service, person)];
    const { tokens } = await logIn(service, browser, { scope: 'openid offline_access' });
    const inFlight = await codeFor(service, browser);

    const events = await eventsOf(
      service,
      () => change(browser, '/password', { current_password: personPassword, new_password: newPassword }),
      3,
    );

    expect([await isAlive(sessionIdOf(browser)), await isAlive(sessionIdOf(other))]).toEqual([true, false]);
    expect((await askWith(service, tokens.accessToken)).status).toBe(401);
    expect((await redeem(service, inFlight)).body).toMatchObject({ reason: 'code_unknown' });
    expect(await canLogIn(person.username, personPassword)).toBe(false);
    expect(await canLogIn(person.username, newPassword)).toBe(true);
    expect(events).toContainEqual(expect.objectContaining({ type: 'password_changed', sub: person.id }));
    service.clock.advance(1);
    expect((await logIn(service, browser)).tokens.accessToken).toEqual(expect.any(String));
    expect(await storedUser(service, person)).not.toHaveProperty('endingDue');
  });

  it('given no password and another credential, when one is set and removed, then it signs in as long as it is there', async () => {
    const wallet = { address: newAccount().address, chainId: 1, createdAt: 0 };
    const person = await newPerson(service, { wallets: [wallet] });
    const browser = await browserOf(service, person);

    const removed = await change(browser, '/password', { action: 'remove', current_password: personPassword });
    const html = await (await browser.fetch('/account')).text();
    const again = await change(browser, '/password', { action: 'remove' });
    const set = await change(browser, '/password', { new_password: newPassword });

    expect([removed.status, set.status]).toEqual([303, 303]);
    expect(html).toContain('Set a password');
    expect(await errorOf(again)).toMatchObject({ status: 404, reason: 'record_unknown' });
    expect(await canLogIn(person.username, newPassword)).toBe(true);
  });

  it('given the last credential, when it is removed, then it is last_credential, and stays', async () => {
    const person = await newPerson(service, { recoveryCodes: ['not a credential that can sign in for ever'] });
    const browser = await browserOf(service, person);

    const response = await change(browser, '/password', { action: 'remove', current_password: personPassword });

    expect(await errorOf(response)).toMatchObject({ status: 409, reason: 'last_credential' });
    expect(await canLogIn(person.username, personPassword)).toBe(true);
  });

  it.each([
    ['no new password', {}, 'password_unfit'],
    ['7 characters', { new_password: 'xk4%aQ9' }, 'password_unfit'],
    ['201 characters', { new_password: 'xk4%'.repeat(51) }, 'password_unfit'],
    ['a common password', { new_password: 'Password1' }, 'password_unfit'],
    ['another action', { action: 'delete' }, 'field_invalid'],
    ['a wrong current password', { current_password: 'wrong', new_password: newPassword }, 'password_wrong'],
    ['no current password', { new_password: newPassword }, 'password_wrong'],
    ['a wrong one, to remove it', { current_password: 'wrong', action: 'remove' }, 'password_wrong'],
  ])('given %s, when it is sent, then it is refused and nothing ends', async (_case, fields, reason) => {
    const person = await newPerson(service);
    const [browser, other] = [await browserOf(service, person), await browserOf(service, person)];

    const response = await change(browser, '/password', { ...fields });

    expect(await errorOf(response)).toMatchObject({ status: 400, reason });
    expect(await isAlive(sessionIdOf(other))).toBe(true);
    expect(await storedUser(service, person)).toEqual(person);
  });

  it('given 100 wrong ones in an hour, when a further one is sent, then it is 429, as at the login', async () => {
    const person = await newPerson(service);
    const browser = await browserOf(service, person);
    const csrf = await csrfOf(browser);
    const guess = () =>
      browser.postForm('/account/password', { csrf, current_password: 'wrong', new_password: newPassword });

    const statuses: number[] = [];
    for (let count = 0; count < 101; count += 1) statuses.push((await guess()).status);

    expect(new Set(statuses.slice(0, 100))).toEqual(new Set([400]));
    expect(statuses.at(-1)).toBe(429);
  });

  it('given a password that is changed twice at once, when both name the old one, then one is password_wrong', async () => {
    const person = await newPerson(service);
    const browser = await browserOf(service, person);
    const csrf = await csrfOf(browser);

    const answers = await Promise.all(
      ['a first new one', 'a second new one'].map((password) =>
        browser.postForm('/account/password', { csrf, current_password: personPassword, new_password: password }),
      ),
    );

    expect(answers.map(({ status }) => status).toSorted()).toEqual([303, 400]);
    expect(await service.app.get(UserStore).find(person.id)).toBeDefined();
  });
});
