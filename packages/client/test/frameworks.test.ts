import { describe, expect, it } from '@jest/globals';
import { createElement, StrictMode } from 'react';
import { renderToString } from 'react-dom/server';
import { effectScope } from 'vue';
import { memoryStorage } from '../src/index.ts';
import { RequireLogin, TesseraProvider, useAccessToken, useSession, useWalletSession } from '../src/react.ts';
import { createSessionClient, type SessionSnapshot } from '../src/session.ts';
import { sessionStore } from '../src/svelte.ts';
import { useSession as useSessionOfVue } from '../src/vue.ts';
import { emulatedPage } from './support/emulated-page.ts';

const newClient = () =>
  createSessionClient({
    issuer: 'https://login.example.com',
    clientId: 'my-app',
    tokens: memoryStorage(),
    fetch: () => Promise.reject(new TypeError('fetch failed')),
  });
const tokens = {
  accessToken: 'a token',
  tokenType: 'Bearer',
  expiresAt: Date.now() + 3_600_000,
  scope: [],
  claims: { iss: 'https://login.example.com', sub: 'user0', aud: 'my-app', exp: 2, iat: 1 },
} as const;

/** Resolves when the client's snapshot is so. */
const until = (client: ReturnType<typeof newClient>, holds: (snapshot: SessionSnapshot) => boolean) =>
  new Promise<void>((resolve) => {
    const look = () => {
      if (holds(client.getSnapshot())) resolve();
    };
    client.subscribe(look);
    look();
  });

const rendered = (component: () => string | null, client = newClient()) =>
  renderToString(
    createElement(StrictMode, undefined, createElement(TesseraProvider, { client }, createElement(component))),
  );

describe('React on a server', () => {
  it('given a client that is logged in, when a page is rendered, then the session is loading, so that each end-user gets the same page', async () => {
    const client = newClient();
    await client.adopt(tokens);

    const page = rendered(() => JSON.stringify(useSession()), client);

    expect(page).toBe('{&quot;loading&quot;:true,&quot;loggedIn&quot;:false}');
  });

  it('given a guard, when a page is rendered, then it shows what is shown meanwhile, and begins nothing', () => {
    const guarded = createElement(RequireLogin, { fallback: 'One moment', otherwise: 'Log in' }, 'A secret');

    const page = renderToString(createElement(TesseraProvider, { client: newClient() }, guarded));

    expect(page).toBe('One moment');
  });

  it('given a wallet’s session that is known already, when a page is rendered, then it is loading', () => {
    const session = { subscribe: () => () => {}, getSnapshot: () => ({ status: 'authenticated' as const }) };

    expect(rendered(() => useWalletSession(session).status)).toBe('loading');
  });

  it('given a component without a provider around it, when it is rendered, then the error says so', () => {
    expect(() => renderToString(createElement(() => String(useAccessToken())))).toThrow('There is no TesseraProvider');
  });
});

describe('Vue', () => {
  it('given a component, when somebody logs in and it ends, then its refs follow until then', async () => {
    const client = newClient();
    const scope = effectScope();

    await emulatedPage().run(async () => {
      const session = scope.run(() => useSessionOfVue(client));
      const loading = session?.loading.value;
      await client.adopt(tokens);
      await until(client, ({ loggedIn }) => loggedIn);
      const during = [session?.loading.value, session?.loggedIn.value, session?.user.value?.sub, session?.error.value];
      scope.stop();
      await client.revoke().catch(() => undefined);
      await until(client, ({ loggedIn }) => !loggedIn);

      expect(loading).toBe(true);
      expect(during).toEqual([false, true, 'user0', undefined]);
      expect(session?.loggedIn.value).toBe(true);
    });
  });

  it('given a server, when components are rendered, then they leave no listener behind', () => {
    const subscribed: unknown[] = [];
    const client = { ...newClient(), subscribe: (listener: unknown) => (subscribed.push(listener), () => {}) };

    expect(useSessionOfVue(client).loading.value).toBe(true);
    expect(subscribed).toEqual([]);
  });
});

describe('Svelte', () => {
  it('given a store, when it is subscribed to, then it calls at once, and after each change until that ends', async () => {
    const client = newClient();
    const seen: boolean[] = [];

    await emulatedPage().run(async () => {
      const stop = sessionStore(client).subscribe(({ loading, loggedIn }) => void seen.push(!loading && loggedIn));
      await client.adopt(tokens);
      await until(client, ({ loggedIn }) => loggedIn);
      stop();
      await client.revoke().catch(() => undefined);
      await until(client, ({ loggedIn }) => !loggedIn);
    });

    expect(seen[0]).toBe(false);
    expect(seen.at(-1)).toBe(true);
  });

  it('given a server, when a page is rendered, then the store calls once, and leaves no listener behind', () => {
    const subscribed: unknown[] = [];
    const client = { ...newClient(), subscribe: (listener: unknown) => (subscribed.push(listener), () => {}) };
    const seen: unknown[] = [];

    sessionStore(client).subscribe((snapshot) => void seen.push(snapshot))();

    expect([seen, subscribed]).toEqual([[client.getSnapshot()], []]);
  });
});
