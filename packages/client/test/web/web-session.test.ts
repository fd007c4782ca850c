import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { newId } from '../../../../src/domain/credentials/secret.ts';
import { admin, adminToken } from '../../../../test/support/operations/admin.ts';
import { BrowserSession, hiddenFields } from '../../../../test/support/clients/browser-session.ts';
import { fixture } from '../../../../test/support/run/fixture.ts';
import { startService } from '../../../../test/support/service/service.ts';
import type { WebLoginOptions } from '../../src/web/express.ts';
import { type RunningApplication, runApplication, statusOf } from './applications.ts';

const hours = 3_600_000;

describe.each(['Express', 'a handler of Request to Response'])('a session of a web application on %s', (name) => {
  let app: RunningApplication;
  let ahead: number;
  let tokenRequests: number;
  /** What is answered in place of the token endpoint. */
  let instead: (() => Promise<Response>) | undefined;

  const service = fixture(() => startService('lmdb', { ADMIN_TOKEN: adminToken }));
  afterEach(async () => {
    jest.restoreAllMocks();
    await app.stop();
  });

  async function run(options: Partial<WebLoginOptions> = {}) {
    ahead = 0;
    tokenRequests = 0;
    instead = undefined;
    app = await runApplication(service, name, {
      now: () => Date.now() + ahead,
      // It is not told: what it finds out, it asks for.
      paths: { backchannelLogout: '/elsewhere' },
      fetch: (url, init) => {
        if (url !== `${service.url}/token`) return fetch(url, init);
        tokenRequests += 1;
        return instead?.() ?? fetch(url, init);
      },
      ...options,
    });
  }

  /** A browser that is logged in, so many hours after. */
  async function loggedInFor(later: number, options?: Partial<WebLoginOptions>) {
    await run(options);
    const browser = await app.logIn();
    ahead = later * hours;
    return browser;
  }

  /** A user of their own, and a browser in which they are logged in at the service. */
  async function newUser() {
    const username = newId();
    const { body } = await admin(service, 'POST', '/users', { username, password: 'password of a user' });
    const atService = new BrowserSession(service.url);
    const html = await (await atService.fetch('/login')).text();
    await atService.postForm('/login', { ...hiddenFields(html), username, password: 'password of a user' });
    return { path: `/users/${String(body['id'])}`, atService };
  }

  it.each([0.26, 0.5, 11.9])(
    'given a user who was disabled, when a page is opened %d h later, then nobody is logged in, and no token is kept',
    async (later) => {
      await run();
      const { path, atService } = await newUser();
      const browser = await app.logIn(atService);
      const before = await statusOf(browser);
      await admin(service, 'PATCH', path, { disabled: true });
      ahead = later * hours;

      expect([before, await statusOf(browser)]).toEqual([200, 401]);
      expect([...app.stored.keys()].filter((key) => key.startsWith('session.'))).toEqual([]);
    },
  );

  it.each([
    ['that is good', 0.24, 1],
    ['that is over', 0.26, 2],
  ])(
    'given an access token %s (after %d h), when pages are opened at once, then all are served, with %i token requests',
    async (_, later, requests) => {
      const browser = await loggedInFor(later);

      const pages = await Promise.all(Array.from({ length: 10 }, () => browser.fetch('/notes')));

      expect(await Promise.all(pages.map((each) => each.json()))).toEqual(
        Array.from({ length: 10 }, () => ({ of: 'user0', me: 200 })),
      );
      expect(tokenRequests).toBe(requests);
    },
  );

  it('given no refresh token, when the access token is over, then so is the session', async () => {
    const browser = await loggedInFor(0.24, { scope: 'openid' });
    const before = await statusOf(browser);
    ahead = 0.26 * hours;

    expect([before, await statusOf(browser)]).toEqual([200, 401]);
  });

  it('given a client that the service does not know any more, when the access token is over, then nobody is logged in', async () => {
    const browser = await loggedInFor(0.26);
    instead = async () => Response.json({ error: 'invalid_client' }, { status: 401 });

    expect(await statusOf(browser)).toBe(401);
  });

  it('given a service that keeps the connection and says nothing, when the access token is over, then pages are served all the same', async () => {
    const browser = await loggedInFor(0.26);
    instead = () => new Promise(() => {});

    expect([await statusOf(browser), await statusOf(browser), tokenRequests]).toEqual([200, 200, 2]);
  });

  it('given a service that is away, when the access token is over, then the session goes on for an hour, and is there again with the service', async () => {
    await run();
    const browser = await app.logIn();
    const away = jest.fn(() => Promise.reject<Response>(new TypeError('fetch failed')));
    instead = away;
    let at = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => (at += 5_000));

    ahead = 0.26 * hours;
    const first = await Promise.all(Array.from({ length: 5 }, () => statusOf(browser)));
    const tries = away.mock.calls.length;
    const resting = [await statusOf(browser), away.mock.calls.length - tries];
    ahead = 1.2 * hours;
    const late = await statusOf(browser);
    ahead = 1.3 * hours;
    const tooLate = await statusOf(browser);
    instead = undefined;
    ahead += 30_000;

    expect(first).toEqual([200, 200, 200, 200, 200]);
    // One refresh, which is tried again for as long as its answer may have been lost.
    expect(tries).toBeLessThanOrEqual(3);
    expect(resting).toEqual([200, 0]);
    expect([late, tooLate, await statusOf(browser)]).toEqual([200, 401, 200]);
  });
});
