import { describe, expect, it } from '@jest/globals';
import { fixture, fixtureOfEach } from '../../../test/support/run/fixture.ts';
import { startService } from '../../../test/support/service/service.ts';
import { clientOf } from './support/client.ts';
import { emulatedPage } from './support/emulated-page.ts';
import { endUser } from './support/end-user.ts';

describe('a page', () => {
  const service = fixture(startService);
  const follow = endUser(service);
  const page = fixtureOfEach(emulatedPage);

  const newClient = () => clientOf(service, { scope: 'openid offline_access' });

  it('given nothing but the platform, when it logs in and refreshes, then localStorage never has anything, and sessionStorage never a token', async () => {
    page.open('https://app.example.com/callback');
    const { meanwhile, tokens, fresh } = await page.run(async () => {
      const before = newClient();
      const url = await before.begin();
      const { size } = page.values;
      page.open(await follow(url));
      return { meanwhile: size, ...(await newClient().finish()), fresh: await before.refresh() };
    });

    const written = page.written.session.join('\n');
    expect([meanwhile, page.values.size]).toEqual([1, 0]);
    expect(written).toContain('codeVerifier');
    expect([tokens, fresh].flatMap((each) => [each.accessToken, each.refreshToken, each.idToken])).toHaveLength(6);
    for (const { accessToken, refreshToken } of [tokens, fresh]) {
      expect(written).not.toContain(accessToken);
      expect(written).not.toContain(refreshToken);
    }
    expect(page.written.local).toEqual([]);
  });

  it('given a browser that blocks what a page keeps, when the page logs in without leaving, then it succeeds', async () => {
    const { tokens, fresh } = await page.run(async () => {
      const client = newClient();
      const finished = await client.finish(await follow(await client.begin()));
      return { ...finished, fresh: await client.refresh() };
    }, ['sessionStorage', 'localStorage', 'BroadcastChannel']);

    expect(fresh.refreshToken).not.toBe(tokens.refreshToken);
  });

  it('given a callback in its URL, when it is finished, then code, state and issuer are gone from there, and the rest stays', async () => {
    await page.run(async () => {
      const client = newClient();
      page.open(`${await follow(await client.begin())}&tab=2#there`);

      await client.finish();
    });

    expect(page.url().href).toBe('http://127.0.0.1/callback?tab=2#there');
  });

  it('given an end-user who is logged in, when the page logs out, then the ID token goes by POST and in no URL', async () => {
    const { tokens, url, form } = await page.run(async () => {
      const client = newClient();
      const finished = await client.finish(await follow(await client.begin()));
      return { ...finished, ...(await client.logout()) };
    });

    expect(page.submitted).toMatchObject([{ method: 'post', action: url.split('?')[0] }]);
    expect(form['id_token_hint']).toBe(tokens.idToken);
    expect(url).not.toContain(tokens.idToken);
  });
});
