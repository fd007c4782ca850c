import { describe, expect, it } from '@jest/globals';
import { hashSecret, newId, newSecret } from '../../src/domain/credentials/secret';
import type { Session } from '../../src/domain/challenges/session';
import { SessionStore } from '../../src/protocols/login/session-store';
import { BrowserSession } from '../support/clients/browser-session';
import { authorizationQuery, locationOf, loggedIn, redirectUri } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

describe.each(storesUnderTest)('the cookie of a session on %s', (store) => {
  const service = fixture(() => startService(store));

  /** Whether a request with this cookie is that of somebody who has logged in. */
  async function isLoggedIn(value: string | undefined): Promise<boolean> {
    const headers = { cookie: `tessera_session=${value}` };
    const response = await new BrowserSession(service.url).fetch(`/authorize?${authorizationQuery()}`, { headers });
    const location = locationOf(response, service);
    if (location.pathname === '/login') return false;
    expect(location.href).toMatch(new RegExp(`^${redirectUri}\\?code=`));
    return true;
  }

  /** A session that keeps no hash of a secret, as one that was replaced. */
  async function replacedSession(): Promise<Session> {
    const createdAt = service.clock.now();
    const authentication = { sub: 'user0', amr: ['pwd'], authTime: Math.floor(createdAt / 1000) };
    const session = { id: newId(), authentication, createdAt, expiresAt: createdAt + 3_600_000 };
    await service.app.get(SessionStore).begin(session);
    return session;
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
    const replaced = await replacedSession();
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
      // Without the hash of a secret nothing proves it: whoever knows the id must not get in by that.
      replaced.id,
      `${replaced.id}.`,
      `${replaced.id}.${newSecret()}`,
    ];

    const shown = await Promise.all(wrong.map(isLoggedIn));

    expect(shown).toEqual(wrong.map(() => false));
    expect(await isLoggedIn(`${id}.${secret}`)).toBe(true);
  });
});
