import { describe, expect, it } from '@jest/globals';
import { hashPassword } from '../../../src/domain/credentials/password.ts';
import { newId } from '../../../src/domain/credentials/secret.ts';
import { UserStore } from '../../../src/domain/identity/user-store.ts';
import { BrowserSession, hiddenFields } from '../../../test/support/clients/browser-session.ts';
import { askWith, redirectUri } from '../../../test/support/clients/pkce-login.ts';
import { eventually } from '../../../test/support/run/eventually.ts';
import { fixture } from '../../../test/support/run/fixture.ts';
import { startService } from '../../../test/support/service/service.ts';
import { type AccountsOptions, createAccounts } from '../src/accounts.ts';
import { dpop, memoryKeys } from '../src/index.ts';
import { caught } from './support/caught.ts';
import { storageOver } from './support/storages.ts';

describe('several accounts side by side', () => {
  const service = fixture(startService);
  const users = fixture(async () => {
    const names = { ada: newId(), bob: newId() };
    const passwordHash = await hashPassword('password0');
    for (const id of Object.values(names))
      await service.app.get(UserStore).add({ id, username: id, passwordHash, demo: true });
    return names;
  });

  /** One browser, whose end-user signs in as whoever is asked for. */
  function browserFor() {
    const browser = new BrowserSession(service.url);
    const signInAs = (username: string) => async (url: string) => {
      const login = String((await browser.fetch(url)).headers.get('location'));
      const page = hiddenFields(await (await browser.fetch(login)).text());
      const answer = await browser.postForm('/login', { ...page, username, password: 'password0' });
      return String((await browser.fetch(String(answer.headers.get('location')))).headers.get('location'));
    };
    return { signInAs };
  }

  /** A tab of an application; `values` are what all tabs share. */
  function tab(values = new Map<string, string>(), options: Partial<AccountsOptions> = {}) {
    const { signInAs } = browserFor();
    let username = '';
    const accounts = createAccounts({
      issuer: service.url,
      clientId: 'demo-spa',
      redirectUri,
      tokens: storageOver(values),
      shown: storageOver(new Map()),
      browser: (url) => signInAs(username)(url),
      ...options,
    });
    const subs = () => accounts.getSnapshot().accounts.map(({ sub }) => sub);
    const add = async (who: string) => {
      username = who;
      return accounts.add();
    };
    return { ...accounts, add, subs, values };
  }

  it('given two end-users of one browser, when both have logged in, then each has tokens of their own', async () => {
    const { add, subs, clientOf, getSnapshot } = tab();
    await add(users.ada);
    await add(users.bob);

    const asked = await Promise.all(
      [users.ada, users.bob].map(async (sub) => {
        const answer = await clientOf(sub).fetch(`${service.url}/api/me`);
        return ((await answer.json()) as { sub: string }).sub;
      }),
    );

    expect(asked).toEqual([users.ada, users.bob]);
    expect(subs()).toEqual([users.ada, users.bob]);
    expect(getSnapshot()).toMatchObject({ loading: false, current: users.bob });
  });

  it('given a tab that shows another account, when it is loaded again, then it shows that, and other tabs their own', async () => {
    const shown = storageOver(new Map());
    const first = tab(new Map(), { shown });
    await first.add(users.ada);
    await first.add(users.bob);
    await first.switchTo(users.ada);

    const [again, other] = [tab(first.values, { shown }), tab(first.values)];
    await eventually(async () => !again.getSnapshot().loading && !other.getSnapshot().loading, { withinMs: 5_000 });

    expect([again, other].map(({ getSnapshot }) => getSnapshot().current)).toEqual([users.ada, users.bob]);
  });

  it('given two accounts, when one is removed, then its tokens are worth nothing, and the other goes on', async () => {
    const { add, subs, clientOf, remove, getSnapshot } = tab(new Map(), { dpop: dpop({ keys: memoryKeys() }) });
    await add(users.ada);
    await add(users.bob);
    const token = await clientOf(users.bob).accessToken();

    await remove(users.bob);

    expect((await askWith(service, token)).status).toBe(401);
    expect([subs(), getSnapshot().current]).toEqual([[users.ada], users.ada]);
    expect((await clientOf(users.ada).fetch(`${service.url}/api/me`)).status).toBe(200);
  });

  it('given an account, when its end-user logs in again, then it is there once, and its first login has ended', async () => {
    const { add, subs, clientOf } = tab();
    await add(users.ada);
    const first = await clientOf(users.ada).accessToken();

    await add(users.ada);

    expect(subs()).toEqual([users.ada]);
    expect((await askWith(service, first)).status).toBe(401);
  });

  it('given an account whose grant the service has ended, when it is refreshed, then it is no account any more', async () => {
    const { add, clientOf, subs, subscribe } = tab();
    await add(users.ada);
    subscribe(() => undefined);
    const tokens = await clientOf(users.ada).tokens();
    await fetch(`${service.url}/revoke`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'demo-spa', token: tokens?.refreshToken ?? '' }),
    });

    await caught(clientOf(users.ada).refresh());

    await eventually(async () => subs().length === 0, { withinMs: 5_000 });
    expect(subs()).toEqual([]);
  });

  it('given an unknown account, when a tab is to show it, then it is tokens_missing', async () => {
    expect(await caught(tab().switchTo('nobody'))).toMatchObject({ code: 'tokens_missing' });
  });

  it('given nothing that changes, when the state is read twice, then it is the same object', async () => {
    const { add, getSnapshot, switchTo } = tab();
    await add(users.ada);
    const before = getSnapshot();

    await switchTo(users.ada);

    expect(getSnapshot()).toBe(before);
  });
});
