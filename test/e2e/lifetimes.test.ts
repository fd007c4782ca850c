import { describe, expect, it } from '@jest/globals';
import { openLoginPage } from '../support/clients/login-page';
import { codeFor, loggedIn, redeem, refresh, submitPassword } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

describe.each(storesUnderTest)('SESSION_TTL and REFRESH_TOKEN_TTL on %s', (name) => {
  const service = fixture(() => startService(name, { SESSION_TTL: '60', REFRESH_TOKEN_TTL: '120' }));

  it('given a session, when its time is over, then the browser must log in again', async () => {
    const browser = await loggedIn(service);

    service.clock.advance(59_000);
    const before = await browser.fetch('/account');
    service.clock.advance(1_000);
    const after = await browser.fetch('/account');

    expect(before.status).toBe(200);
    expect(after.headers.get('location')).toMatch(/^\/login/);
  });

  it('given a login, when its session begins, then its cookie lasts as long', async () => {
    const { browser, html } = await openLoginPage(service.url);

    const { headers } = await submitPassword(browser, html);

    const cookie = headers.getSetCookie().find((line) => line.startsWith('tessera_session='));
    expect(cookie).toContain('; Max-Age=60;');
  });

  it('given refresh tokens that rotate, when the time since the login is over, then the latest has expired as well', async () => {
    const browser = await loggedIn(service);
    const first = await redeem(service, await codeFor(service, browser, { scope: 'offline_access' }));

    service.clock.advance(119_000);
    const good = await refresh(service, first.body['refresh_token']);
    service.clock.advance(1_000);
    const late = await refresh(service, good.body['refresh_token']);

    expect(good.status).toBe(200);
    expect([late.status, late.body['reason']]).toEqual([400, 'refresh_token_expired']);
  });
});
