import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hashSecret, newId, newSecret } from '../../src/domain/credentials/secret';
import { type Session, SessionStore } from '../../src/protocols/login/session-store';
import { BrowserSession, sessionIdOf } from '../support/browser-session';
import { authorizationQuery, locationOf, loggedIn, redirectUri, submitPassword } from '../support/pkce-login';
import { startService, type TestService } from '../support/service';
import { storesUnderTest } from '../support/stores';

describe.each(storesUnderTest)('the cookie of a session on %s', (store) => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService(store);
  });
  afterAll(() => service.stop());

  /** Whether a request with this cookie is that of somebody who has logged in. */
  async function isLoggedIn(value: string | undefined): Promise<boolean> {
    const headers = { cookie: `tessera_session=${value}` };
    const response = await new BrowserSession(service.url).fetch(`/authorize?${authorizationQuery()}`, { headers });
    const location = locationOf(response, service);
    if (location.pathname === '/login') return false;
    expect(location.href).toMatch(new RegExp(`^${redirectUri}\\?code=`));
    return true;
  }

  /** A session as version 0.1 kept it, and the cookie that it gave. */
  async function formerSession(): Promise<{ session: Session; cookie: string }> {
    const cookie = newSecret();
    const createdAt = service.clock.now();
    const authentication = { sub: 'user0', amr: ['pwd'], authTime: Math.floor(createdAt / 1000) };
    const session = { id: hashSecret(cookie), authentication, createdAt, expiresAt: createdAt + 3_600_000 };
    await service.app.get(SessionStore).begin(session);
    return { session, cookie };
  }

  it('given a session, when its cookie is shown, then it is logged in, and the store has the hash of the secret alone', async () => {
    const browser = await loggedIn(service);
    const cookie = browser.cookie('tessera_session') ?? '';
    const [id = '', secret = ''] = cookie.split('.');

    const session = await service.app.get(SessionStore).find(id, service.clock.now());

    expect(await isLoggedIn(cookie)).toBe(true);
    expect(session).toMatchObject({ id, secretHash: hashSecret(secret) });
    expect(JSON.stringify(session)).not.toContain(secret);
  });

  it('given the id of a session, when anything but its secret is shown with it, then it is not logged in', async () => {
    const [browser, other] = [await loggedIn(service), await loggedIn(service)];
    const [id = '', secret = ''] = (browser.cookie('tessera_session') ?? '').split('.');
    const otherSecret = (other.cookie('tessera_session') ?? '').split('.')[1] ?? '';
    const former = await formerSession();
    const wrong = [
      `${id}.${newSecret()}`,
      `${id}.${otherSecret}`,
      `${id}.${hashSecret(secret)}`,
      `${id}.${secret.slice(0, 42)}`,
      `${id}.${secret}A`,
      `${id}.`,
      `.${secret}`,
      id,
      secret,
      `${newId()}.${secret}`,
      hashSecret(secret),
      // A record of version 0.1 has no hash of a secret beside its id: whoever knows the id must not get in by that.
      former.session.id,
      `${former.session.id}.${former.cookie}`,
      `${former.session.id.slice(0, 22)}.${former.cookie}`,
    ];

    const shown = await Promise.all(wrong.map(isLoggedIn));

    expect(shown).toEqual(wrong.map(() => false));
    expect(await isLoggedIn(`${id}.${secret}`)).toBe(true);
  });

  it('given a cookie of version 0.1, when it is shown, then it is logged in until its session is over', async () => {
    const { cookie } = await formerSession();

    const before = await isLoggedIn(cookie);
    service.clock.advance(3_600_000);
    const after = await isLoggedIn(cookie);

    expect([before, after]).toEqual([true, false]);
  });

  it('given a cookie of version 0.1, when its browser logs in again, then that session is over', async () => {
    const { session, cookie } = await formerSession();
    const browser = new BrowserSession(service.url);
    const html = await (await browser.fetch('/login')).text();
    const form = `tessera_form=${browser.cookie('tessera_form')}`;
    const headers = { cookie: `${form}; tessera_session=${cookie}` };

    const answer = await submitPassword(browser, html, headers);

    expect(answer.status).toBe(303);
    expect(await isLoggedIn(cookie)).toBe(false);
    expect(await isLoggedIn(browser.cookie('tessera_session'))).toBe(true);
    expect(await service.app.get(SessionStore).findKnown(session.id)).toBeDefined();
    expect(sessionIdOf(browser)).not.toBe(session.id);
  });
});
