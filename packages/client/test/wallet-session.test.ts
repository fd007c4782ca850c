import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { registerClient } from '../../../test/support/clients/registered.ts';
import { eventually } from '../../../test/support/run/eventually.ts';
import { fixture } from '../../../test/support/run/fixture.ts';
import { startService } from '../../../test/support/service/service.ts';
import { askWith } from '../../../test/support/clients/pkce-login.ts';
import { newAccount } from '../../../test/support/clients/wallet.ts';
import { createClient, memoryStorage } from '../src/index.ts';
import {
  createWalletLogin,
  createWalletSession,
  type Eip1193Provider,
  type FollowOptions,
  followWallet,
  type WalletSession,
  type WalletSessionOptions,
  type WalletTokens,
} from '../src/wallet/index.ts';
import { followAccount, type WagmiAccount } from '../src/wallet/wagmi.ts';
import { keyProvider } from './support/key-provider.ts';
import { caught } from './support/caught.ts';

const walletOrigin = 'https://dapp.example';

/** A wallet that tells of changes, as EIP-1193 has it. */
function changingWallet() {
  const [events, wallet] = [new EventEmitter(), keyProvider()];
  const { address } = wallet.account;
  const provider: Eip1193Provider = {
    request: wallet.request,
    on: (event, listener) => events.on(event, listener),
    removeListener: (event, listener) => events.removeListener(event, listener),
  };
  return { events, wallet, provider, address };
}

/** What the session says after everything that has happened. */
const settledStatus = async (session: WalletSession) => {
  await eventually(async () => session.getSnapshot().status !== 'loading', { withinMs: 1_000 });
  await delay(20);
  return session.getSnapshot().status;
};

/** The error of a login during which its end-user signs out, and what the session said then. */
async function signedOutMeanwhile(session: WalletSession) {
  const statuses: string[] = [];
  const wallet = keyProvider(newAccount(), {
    eth_chainId: async () => {
      await session.signOut();
      statuses.push(session.getSnapshot().status);
      return '0x1';
    },
  });
  return { error: await caught(session.signIn(wallet)), statuses, address: wallet.account.address };
}

describe('createWalletSession', () => {
  const service = fixture(startService);
  const dapp = fixture(() => registerClient(service, { walletOrigin }));

  function sessionWith(options: WalletSessionOptions = {}, scope?: string): WalletSession {
    const { clientId } = dapp;
    const login = createWalletLogin({ issuer: service.url, clientId, origin: walletOrigin, scope });
    return createWalletSession(login, options);
  }

  it('given a login, when it succeeds, then whoever keeps tokens has them before the session shows it', async () => {
    const statuses: string[] = [];
    const session = sessionWith({ onSignIn: () => void statuses.push(`kept while ${session.getSnapshot().status}`) });
    session.subscribe(() => statuses.push(session.getSnapshot().status));

    const tokens = await session.signIn(keyProvider());

    expect(statuses).toEqual(['kept while unauthenticated', 'authenticated']);
    expect(session.getSnapshot()).toEqual({ status: 'authenticated', tokens });
  });

  it('given a login that fails, when the next one begins, then its error was there until then', async () => {
    const [session, account] = [sessionWith(), newAccount()];
    const { message } = await session.challenge(account);
    const error = await caught(session.verify({ message, signature: await newAccount().signMessage({ message }) }));
    const shown = session.getSnapshot();

    await session.challenge(account);

    expect(shown).toEqual({ status: 'unauthenticated', error });
    expect(error.reason).toBe('signature_mismatch');
    expect(session.getSnapshot()).toEqual({ status: 'unauthenticated' });
  });

  it('given a session, when its end-user signs out, then it ends at once, and its tokens go to whoever revokes them', async () => {
    const ended: WalletTokens[] = [];
    const session = sessionWith({ onSignOut: (tokens) => void ended.push(tokens) });
    const tokens = await session.signIn(keyProvider());

    const signedOut = session.signOut();

    expect(session.getSnapshot()).toEqual({ status: 'unauthenticated' });
    await signedOut;
    expect(ended).toEqual([tokens]);
  });

  it('given a login under way, when its end-user signs out, then its tokens do not come back as a session', async () => {
    const ended: WalletTokens[] = [];
    const session = sessionWith({ onSignOut: (tokens) => void ended.push(tokens) });

    const { error, address } = await signedOutMeanwhile(session);

    expect(error.code).toBe('tokens_missing');
    expect(session.getSnapshot()).toMatchObject({ status: 'unauthenticated' });
    expect(ended).toMatchObject([{ address }]);
  });

  /** A page, and the client that it shows its tokens with; `tokens` outlives it. */
  function pageWith(tokens = memoryStorage()) {
    const client = createClient({ issuer: service.url, clientId: dapp.clientId, tokens });
    const session = sessionWith({ client }, 'openid offline_access');
    const settled = new Promise<void>((resolve) => {
      session.subscribe(() => session.getSnapshot().status !== 'loading' && resolve());
    });
    return { client, session, settled, tokens };
  }

  describe('with a client', () => {
    it('given a login, when its tokens are refreshed and the page is loaded again, then the session is still the account’s', async () => {
      const page = pageWith();
      const { address } = await page.session.signIn(keyProvider());
      const fresh = await page.client.refresh();

      const reloaded = pageWith(page.tokens);
      const first = reloaded.session.getSnapshot();
      await reloaded.settled;

      expect(first).toEqual({ status: 'loading' });
      expect(reloaded.session.getSnapshot()).toMatchObject({
        status: 'authenticated',
        tokens: { address, chainId: 1, accessToken: fresh.accessToken, claims: { sub: `eip155:1:${address}` } },
      });
    });

    it('given a session, when its end-user signs out, then its tokens are worth nothing, and a reload finds nobody', async () => {
      const page = pageWith();
      const { accessToken } = await page.session.signIn(keyProvider());
      const before = await askWith(service, accessToken);

      await page.session.signOut();
      const reloaded = pageWith(page.tokens);
      await reloaded.settled;

      expect(before.status).toBe(200);
      expect((await askWith(service, accessToken)).status).toBe(401);
      expect(reloaded.session.getSnapshot()).toEqual({ status: 'unauthenticated' });
    });

    it('given two tabs of one storage, when one logs in and out, then the other is told and has the same session', async () => {
      const page = pageWith();
      const tab = pageWith(page.tokens);
      await Promise.all([page.settled, tab.settled]);

      const { address } = await page.session.signIn(keyProvider());
      await tab.session.sync();
      const during = tab.session.getSnapshot();
      await page.session.signOut();
      await tab.session.sync();

      expect(during).toMatchObject({ status: 'authenticated', tokens: { address } });
      expect(tab.session.getSnapshot()).toEqual({ status: 'unauthenticated' });
    });

    it('given tokens of a login without a wallet, when a session begins, then it is nobody’s', async () => {
      const tokens = memoryStorage();
      const { client, settled, session } = pageWith(tokens);
      await client.adopt({ accessToken: 'of a password', tokenType: 'Bearer', expiresAt: Infinity, scope: [] });

      await settled;

      expect(session.getSnapshot()).toEqual({ status: 'unauthenticated' });
    });

    it('given a page that is still loading, when its end-user logs in at once, then that is the session', async () => {
      const page = pageWith();
      await page.session.signIn(keyProvider());
      const { session } = pageWith(page.tokens);

      const { address } = await session.signIn(keyProvider());

      expect(session.getSnapshot()).toMatchObject({ status: 'authenticated', tokens: { address } });
    });

    it('given a login under way, when its end-user signs out, then its tokens are revoked as they come', async () => {
      const page = pageWith();
      await page.settled;

      const { error, statuses } = await signedOutMeanwhile(page.session);

      expect(error.code).toBe('tokens_missing');
      expect(statuses).toEqual(['unauthenticated']);
      expect(await page.client.tokens()).toBeUndefined();
    });
  });

  describe('followed', () => {
    it.each<[what: string, event: string, value: (address: string) => unknown, options: FollowOptions, status: string]>(
      [
        ['another account', 'accountsChanged', () => [newAccount().address], {}, 'unauthenticated'],
        ['no account', 'accountsChanged', () => [], {}, 'unauthenticated'],
        ['the same account in lower case', 'accountsChanged', (own) => [own.toLowerCase()], {}, 'authenticated'],
        ['another chain', 'chainChanged', () => '0xa', {}, 'authenticated'],
        ['another chain, which matters', 'chainChanged', () => '0xa', { chains: true }, 'unauthenticated'],
        ['the same chain, which matters', 'chainChanged', () => '0x1', { chains: true }, 'authenticated'],
        ['a chain that is none', 'chainChanged', () => 'ten', { chains: true }, 'authenticated'],
      ],
    )(
      'given a wallet that changes to %s, when it tells, then the session is as it should be',
      async (_what, event, value, options, status) => {
        const [session, { events, wallet, provider, address }] = [sessionWith(), changingWallet()];
        await session.signIn(wallet);
        followWallet(session, provider, options);
        const before = await settledStatus(session);

        events.emit(event, value(address));

        expect([before, await settledStatus(session)]).toEqual(['authenticated', status]);
      },
    );

    it('given a wallet that changed while no page was open, when the session is followed, then it ends', async () => {
      const [page, other] = [pageWith(), changingWallet()];
      await page.session.signIn(keyProvider());
      const { session } = pageWith(page.tokens);

      followWallet(session, other.provider);

      expect(await settledStatus(session)).toBe('unauthenticated');
      expect(await page.client.tokens()).toBeUndefined();
    });

    it('given a wallet that is locked, when the page is loaded, then the session stays', async () => {
      const page = pageWith();
      await page.session.signIn(keyProvider());
      const { session } = pageWith(page.tokens);
      const { provider } = changingWallet();

      followWallet(session, { ...provider, request: async () => [] });

      expect(await settledStatus(session)).toBe('authenticated');
    });

    it('given a login under way, when the wallet changes meanwhile, then the login of the former account ends', async () => {
      const [session, { events, provider }] = [sessionWith(), changingWallet()];
      followWallet(session, provider);
      const wallet = keyProvider(newAccount(), {
        eth_chainId: () => {
          events.emit('accountsChanged', [newAccount().address]);
          return '0x1';
        },
      });

      await session.signIn(wallet);

      expect(await settledStatus(session)).toBe('unauthenticated');
    });

    it('given a session that is not followed any more, when the wallet changes, then nothing happens', async () => {
      const [session, { events, wallet, provider }] = [sessionWith(), changingWallet()];
      await session.signIn(wallet);
      followWallet(session, provider)();

      events.emit('accountsChanged', []);

      expect(await settledStatus(session)).toBe('authenticated');
      expect(events.listenerCount('accountsChanged')).toBe(0);
    });

    it.each([
      ['reconnecting', undefined, 'authenticated'],
      ['connected', newAccount().address, 'unauthenticated'],
      ['disconnected', undefined, 'unauthenticated'],
    ])(
      'given wagmi, when its account is %s, then the session is as it should be',
      async (status, address, expected) => {
        const session = sessionWith();
        await session.signIn(keyProvider());
        const told: ((account: WagmiAccount) => void)[] = [];
        const stop = followAccount(session, (onChange) => {
          told.push(onChange);
          return () => {};
        });

        for (const tell of told) tell({ status, address, chainId: 1 });

        expect(await settledStatus(session)).toBe(expected);
        stop();
      },
    );
  });

  it('given what a library caught and does not tell, when it is reported, then it is the error until the next step', async () => {
    const session = sessionWith();
    const refusal = Object.assign(new Error('outer'), { cause: Object.assign(new Error('inner'), { code: 4001 }) });

    session.report(refusal);
    const shown = session.getSnapshot();
    await session.challenge(newAccount());

    expect(shown).toMatchObject({
      status: 'unauthenticated',
      error: { code: 'wallet_error', reason: 'wallet_rejected' },
    });
    expect(session.getSnapshot()).toEqual({ status: 'unauthenticated' });
  });

  it('given nothing that changes, when the state is read twice, then it is the same object', () => {
    const session = sessionWith();

    expect(session.getSnapshot()).toBe(session.getSnapshot());
  });
});
