import { describe, expect, it } from '@jest/globals';
import { registerClient } from '../../../test/support/clients/registered.ts';
import { fixture, fixtureOfEach } from '../../../test/support/run/fixture.ts';
import { startService } from '../../../test/support/service/service.ts';
import { newAccount, writtenMessage } from '../../../test/support/clients/wallet.ts';
import { createWalletLogin, createWalletSession, type WalletSession } from '../src/wallet/index.ts';
import { appKitSiwx } from '../src/wallet/appkit.ts';
import { signInWithBaseAccount } from '../src/wallet/base-account.ts';
import { connectKitSiwe } from '../src/wallet/connectkit.ts';
import { rainbowKitAuthentication } from '../src/wallet/rainbowkit.ts';
import { connectedAccount, connectorWallet } from '../src/wallet/wagmi.ts';
import { caught } from './support/caught.ts';
import { keyProvider } from './support/key-provider.ts';

const walletOrigin = 'https://dapp.example';

/** The adapters by themselves, in the order in which their libraries call them, with a real key and a real service. */
describe('the adapters', () => {
  const service = fixture(() => startService('lmdb', { EVM_CHAINS: '1,8453' }));
  const dapp = fixture(() => registerClient(service, { walletOrigin, walletMessage: 'wallet' }));
  const account = fixtureOfEach(newAccount);
  const session = fixtureOfEach(() =>
    createWalletSession(createWalletLogin({ issuer: service.url, clientId: dapp.clientId, origin: walletOrigin })),
  );

  const asked = () => ({ address: account.address, chainId: 1 });

  describe.each([
    ['RainbowKit', rainbowKitAuthentication],
    ['ConnectKit', (of: WalletSession) => ({ ...connectKitSiwe(of), verify: connectKitSiwe(of).verifyMessage })],
  ])('of %s', (_, adapterOf) => {
    it('given the connected account, when it signs and signs out, then the session is its, and then nobody’s', async () => {
      const { getNonce, createMessage, verify, signOut } = adapterOf(session);
      const message = await createMessage({ nonce: await getNonce(), ...asked() });

      const isVerified = await verify({ message, signature: await account.signMessage({ message }) });
      const signedIn = session.getSnapshot();
      await signOut();

      expect(isVerified).toBe(true);
      expect(signedIn).toMatchObject({ status: 'authenticated', tokens: { address: account.address } });
      expect(session.getSnapshot()).toEqual({ status: 'unauthenticated' });
    });

    it('given another account’s signature, when it is not verified, then the session says why', async () => {
      const { createMessage, verify } = adapterOf(session);
      const message = await createMessage({ nonce: '', ...asked() });

      const isVerified = await verify({ message, signature: await newAccount().signMessage({ message }) });

      expect(isVerified).toBe(false);
      expect(session.getSnapshot().error).toMatchObject({
        reason: 'signature_mismatch',
        advice: expect.stringMatching(/Another account signed/),
      });
    });
  });

  it('given an account that signs in and out, when ConnectKit asks for its session, then it is its while it lasts', async () => {
    const { getSession, signOut } = connectKitSiwe(session);
    const before = await getSession();
    await session.signIn(account);

    const during = await getSession();
    const isSignedOut = await signOut();

    expect([before, during, isSignedOut, await getSession()]).toEqual([null, asked(), true, null]);
  });

  describe('of AppKit', () => {
    it('given the connected account, when it signs, then AppKit has a session of it, without its signature', async () => {
      const siwx = appKitSiwx(session);
      const data = await siwx.createMessage({ chainId: 'eip155:1', accountAddress: account.address });
      const message = String(data);

      await siwx.addSession({ data, message, signature: await account.signMessage({ message }) });

      const sessions = await siwx.getSessions('eip155:1', account.address.toLowerCase());
      expect(sessions).toMatchObject([
        { data: { accountAddress: account.address, domain: 'dapp.example' }, signature: '' },
      ]);
      expect(await siwx.getSessions('eip155:8453', account.address)).toEqual([]);
      expect(await siwx.getSessions('eip155:1', newAccount().address)).toEqual([]);
    });

    it('given a wallet that connects and signs in one go, when it has written the message, then that is the login', async () => {
      const siwx = appKitSiwx(session);
      const data = await siwx.createMessage({ chainId: 'eip155:8453', accountAddress: '' });
      const { issuedAt = '', expirationTime = '', nonce, domain, uri } = data;
      const issued = { nonce, domain, uri, version: '1', chainId: 8453, issuedAt, expirationTime } as const;
      const message = writtenMessage(issued, account);

      await siwx.setSessions([{ data, message, signature: await account.signMessage({ message }) }]);

      expect(session.getSnapshot()).toMatchObject({
        status: 'authenticated',
        tokens: { address: account.address, chainId: 8453 },
      });
    });

    it('given a wallet that fills in its address, when it signs what AppKit wrote, then that is the login', async () => {
      const siwx = appKitSiwx(session);
      const placeholder = '<<AccountAddress>>';
      const data = await siwx.createMessage({ chainId: 'eip155:1', accountAddress: placeholder });
      const message = String(data).replace(placeholder, account.address);

      await siwx.addSession({ data, message, signature: await account.signMessage({ message }) });

      expect(session.getSnapshot()).toMatchObject({ status: 'authenticated', tokens: { address: account.address } });
    });

    it('given a session, when AppKit replaces all of them by none, or revokes it, then it is over', async () => {
      const siwx = appKitSiwx(session);
      await session.signIn(account);
      await siwx.setSessions([]);
      const replaced = session.getSnapshot();
      await session.signIn(account);

      await siwx.revokeSession('eip155:8453', account.address);
      const ofAnotherChain = session.getSnapshot();
      await siwx.revokeSession('eip155:1', account.address);

      expect(replaced.status).toBe('unauthenticated');
      expect(ofAnotherChain.status).toBe('authenticated');
      expect(session.getSnapshot().status).toBe('unauthenticated');
    });

    it('given a chain that is none of Ethereum’s, when a message is asked for, then it is refused here', async () => {
      const siwx = appKitSiwx<string>(session);

      const error = await caught(
        siwx.createMessage({ chainId: 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp', accountAddress: '' }),
      );

      expect(error).toMatchObject({ code: 'wallet_error', reason: 'wallet_chain_unknown' });
    });
  });

  describe('of wagmi', () => {
    it('given a connector, when its provider signs in, then it is the provider’s account', async () => {
      const provider = keyProvider(account);

      const tokens = await session.signIn(connectorWallet({ getProvider: async () => provider }));

      expect(tokens.address).toBe(account.address);
    });

    it('given the connected account and its signMessage, when it signs in, then it is for its chain', async () => {
      const signMessage = ({ message }: { message: string }) => account.signMessage({ message });

      const tokens = await session.signIn(connectedAccount({ address: account.address, chainId: 8453 }, signMessage));

      expect(tokens).toMatchObject({ address: account.address, chainId: 8453 });
    });

    it('given nobody connected, when somebody signs in, then the wallet’s answer is invalid', async () => {
      const error = await caught(session.signIn(connectedAccount({}, async () => '0x')));

      expect(error.reason).toBe('wallet_answer_invalid');
    });
  });

  describe('of Base Account', () => {
    it('given its SDK, when it connects, then one request is the login, on Base', async () => {
      const provider = keyProvider(account);

      const tokens = await signInWithBaseAccount(session, { getProvider: () => provider });

      expect(provider.asked).toEqual(['wallet_connect']);
      expect(tokens).toMatchObject({ address: account.address, chainId: 8453 });
    });
  });
});
