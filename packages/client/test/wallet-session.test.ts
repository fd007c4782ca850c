import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerClient } from '../../../test/support/registered.ts';
import { startService, type TestService } from '../../../test/support/service.ts';
import { newAccount } from '../../../test/support/wallet.ts';
import {
  createWalletLogin,
  createWalletSession,
  type WalletSessionOptions,
  type WalletTokens,
} from '../src/wallet/index.ts';
import { keyProvider } from './support/key-provider.ts';
import { caught } from './support/caught.ts';

const walletOrigin = 'https://dapp.example';

describe('createWalletSession', () => {
  let service: TestService;
  let clientId: string;

  beforeAll(async () => {
    service = await startService();
    ({ clientId } = await registerClient(service, { walletOrigin }));
  });
  afterAll(() => service.stop());

  const sessionWith = (options: WalletSessionOptions = {}) =>
    createWalletSession(createWalletLogin({ issuer: service.url, clientId, origin: walletOrigin }), options);

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
    const account = newAccount();
    const wallet = keyProvider(account, {
      eth_chainId: async () => {
        await session.signOut();
        return '0x1';
      },
    });

    const error = await caught(session.signIn(wallet));

    expect(error.code).toBe('tokens_missing');
    expect(session.getSnapshot()).toMatchObject({ status: 'unauthenticated' });
    expect(ended).toMatchObject([{ address: account.address }]);
  });

  it('given nothing that changes, when the state is read twice, then it is the same object', () => {
    const session = sessionWith();

    expect(session.getSnapshot()).toBe(session.getSnapshot());
  });
});
