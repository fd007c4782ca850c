import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { codeAccount } from '../../../test/support/evm/code-account.ts';
import { registerClient } from '../../../test/support/clients/registered.ts';
import { startRpcNode } from '../../../test/support/evm/rpc-node.ts';
import { fixture } from '../../../test/support/run/fixture.ts';
import { startService } from '../../../test/support/service/service.ts';
import { storesUnderTest } from '../../../test/support/stores/stores.ts';
import { type Account, newAccount, post } from '../../../test/support/clients/wallet.ts';
import { dpop, memoryKeys } from '../src/dpop.ts';
import { createWalletLogin, type WalletLogin, type WalletLoginOptions } from '../src/wallet/index.ts';
import { connected, keyProvider } from './support/key-provider.ts';
import { caught } from './support/caught.ts';
import { storageOver } from './support/storages.ts';

const walletOrigin = 'https://dapp.example';
const contractChain = 8453;

/** What is sent after the account has signed the message that was asked for. */
async function signedBy(account: Account, login: WalletLogin) {
  const { message } = await login.challenge(account);
  return { message, signature: await account.signMessage({ message }) };
}

describe.each(storesUnderTest)('the wallet entry on %s', (store) => {
  const node = fixture(() => startRpcNode(contractChain));
  const service = fixture(() =>
    startService(store, {
      EVM_CHAINS: `1,${contractChain}`,
      EVM_RPC_URLS: `${contractChain}=${node.url}`,
    }),
  );
  const dapp = fixture(() => registerClient(service, { walletOrigin }));
  /** Its end-users' wallets write the message. */
  const writing = fixture(() => registerClient(service, { walletOrigin, walletMessage: 'wallet' }));

  const loginOf = (options: Partial<WalletLoginOptions> = {}) =>
    createWalletLogin({
      issuer: service.url,
      clientId: dapp.clientId,
      origin: walletOrigin,
      now: () => service.clock.now(),
      ...options,
    });

  /** A login whose requests are seen. */
  function watched(options: Partial<WalletLoginOptions> = {}) {
    const sent: Record<string, unknown>[] = [];
    const login = loginOf({
      ...options,
      fetch: async (url, init) => {
        sent.push(JSON.parse(String(init?.body)));
        return fetch(url, init);
      },
    });
    return { login, sent };
  }

  describe('signIn', () => {
    it('given an injected wallet, when it signs in, then there are tokens for its account and chain', async () => {
      const wallet = keyProvider();

      const tokens = await loginOf({ scope: 'openid offline_access' }).signIn(wallet);

      expect(tokens).toMatchObject({ address: wallet.account.address, chainId: 1, tokenType: 'Bearer' });
      expect(tokens.scope).toEqual(['openid', 'offline_access']);
      expect(tokens.refreshToken).toBeDefined();
      expect(tokens.claims).toMatchObject({
        iss: service.url,
        aud: dapp.clientId,
        sub: `eip155:1:${wallet.account.address}`,
        chain_id: 1,
      });
      expect(decodeJwt(tokens.accessToken)).toMatchObject({
        sub: `eip155:1:${wallet.account.address}`,
        client_id: dapp.clientId,
      });
      expect(wallet.asked).toEqual(['eth_requestAccounts', 'eth_chainId', 'personal_sign']);
    });

    it('given an account of viem and nothing else, when it signs in, then the service chooses the chain, and the signature is worth something with its verifier alone', async () => {
      const [{ login, sent }, account] = [watched(), newAccount()];

      const tokens = await login.signIn(account);

      const [challenge, proof] = sent;
      expect(tokens).toMatchObject({ address: account.address, chainId: 1 });
      expect(challenge).toMatchObject({ codeChallenge: expect.stringMatching(/^[\w-]{43}$/) });
      expect(proof).toMatchObject({ codeVerifier: expect.stringMatching(/^[\w-]{43}$/) });
      expect(Object.keys(proof ?? {}).toSorted()).toEqual(['codeVerifier', 'nonce', 'signature']);
    });

    it('given nonce and signature in strange hands, when they come first, then they fail and the owner goes on', async () => {
      const [login, account] = [loginOf(), newAccount()];
      const { nonce, message } = await login.challenge(account);
      const signature = await account.signMessage({ message });

      const stolen = await post(service, '/wallet/verify', { nonce, signature });
      const tokens = await login.verify({ message, signature });

      expect(stolen.body['reason']).toBe('code_verifier_required');
      expect(tokens.address).toBe(account.address);
    });

    it('given a client that asks for no verifier, when somebody signs in, then none is sent', async () => {
      const { login, sent } = watched({ codeVerifier: false });

      await login.signIn(newAccount());

      expect(sent.flatMap((body) => Object.keys(body))).not.toEqual(
        expect.arrayContaining(['codeVerifier', 'codeChallenge']),
      );
    });

    it('given a DPoP key and a client of which nonces are demanded, when somebody signs in, then the token is bound to it', async () => {
      const nonces = await registerClient(service, {
        walletOrigin,
        dpopBoundAccessTokens: true,
        dpopNonceRequired: true,
      });
      const key = dpop({ keys: memoryKeys(), now: () => service.clock.now() });

      const tokens = await loginOf({ clientId: nonces.clientId, dpop: key }).signIn(newAccount());

      expect(tokens.tokenType).toBe('DPoP');
      expect(decodeJwt(tokens.accessToken)).toMatchObject({ cnf: { jkt: await key.thumbprint() } });
    });

    it('given a statement, a URI and resources, when a message is asked for, then they stand in it', async () => {
      const asked = { statement: 'Welcome back.', uri: `${walletOrigin}/login`, resources: ['urn:example:terms'] };

      const { message } = await loginOf(asked).challenge(newAccount());

      expect(message).toContain('\n\nWelcome back.\n\nURI: https://dapp.example/login\n');
      expect(message).toContain('\nResources:\n- urn:example:terms');
    });
  });

  /** A login whose first signatures are lost on the way, as many as `lost` says. */
  function disconnected(lost: number) {
    const away = { lost };
    const login = loginOf({
      fetch: async (url, init) => {
        if (url.endsWith('/wallet/verify') && (away.lost -= 1) >= 0) throw new TypeError('fetch failed');
        return fetch(url, init);
      },
    });
    return { login, away };
  }

  describe('a connection that is lost after the wallet has signed', () => {
    it('given one that is back at once, when somebody signs in, then the wallet is asked once', async () => {
      const wallet = keyProvider();

      const { address } = await disconnected(1).login.signIn(wallet);

      expect(address).toBe(wallet.account.address);
      expect(wallet.asked.filter((method) => method === 'personal_sign')).toHaveLength(1);
    });

    it('given one that is back later, when the same signature is sent again, then it is worth what it was', async () => {
      const [{ login, away }, account] = [disconnected(Infinity), newAccount()];
      const signed = await signedBy(account, login);

      const error = await caught(login.verify(signed));
      away.lost = 0;
      const { address } = await login.verify(signed);

      expect(error.code).toBe('service_unreachable');
      expect(address).toBe(account.address);
    });
  });

  describe('verify', () => {
    it('given a message that was redeemed, when it is sent again, then nothing is sent, and a new message is advised', async () => {
      const [{ login, sent }, account] = [watched(), newAccount()];
      const signed = await signedBy(account, login);
      await login.verify(signed);
      const before = sent.length;

      const error = await caught(login.verify(signed));

      expect(error).toMatchObject({ code: 'wallet_error', reason: 'challenge_not_asked' });
      expect(sent).toHaveLength(before);
    });

    it('given one signature, when it is redeemed ten times at once, then its verifier is sent once', async () => {
      const [{ login, sent }, account] = [watched(), newAccount()];
      const signed = await signedBy(account, login);

      const results = await Promise.allSettled(Array.from({ length: 10 }, () => login.verify(signed)));

      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(sent.filter((body) => 'codeVerifier' in body)).toHaveLength(1);
    });

    it('given another account’s signature, when it is refused, then the owner may sign the same message', async () => {
      const [login, account] = [loginOf(), newAccount()];
      const { message } = await login.challenge(account);

      const error = await caught(login.verify({ message, signature: await newAccount().signMessage({ message }) }));
      const tokens = await login.verify({ message, signature: await account.signMessage({ message }) });

      expect(error).toMatchObject({ code: 'invalid_grant', reason: 'signature_mismatch', status: 400 });
      expect(error.advice).toMatch(/Another account signed/);
      expect(tokens.address).toBe(account.address);
    });

    it('given a message that expired, when it is signed, then nothing is sent', async () => {
      const [{ login, sent }, account] = [watched(), newAccount()];
      const { message } = await login.challenge(account);
      service.clock.advance(300_000);

      const error = await caught(login.verify({ message, signature: await account.signMessage({ message }) }));

      expect(error.reason).toBe('challenge_not_asked');
      expect(sent).toHaveLength(1);
    });

    it('given a clock that is behind, when the message is too old, then the service says so, and the message is gone', async () => {
      const account = newAccount();
      const login = loginOf({ now: () => 0 });
      const signed = await signedBy(account, login);
      service.clock.advance(300_000);

      const error = await caught(login.verify(signed));

      expect(error).toMatchObject({ code: 'invalid_grant', reason: 'challenge_expired' });
      expect((await caught(login.verify(signed))).reason).toBe('challenge_not_asked');
    });

    it('given a message with one byte changed, when it is sent, then it is none that was asked for', async () => {
      const [{ login, sent }, account] = [watched(), newAccount()];
      const { message } = await login.challenge(account);
      const altered = message.replace('URI: https://dapp.example', 'URI: https://dapp.examplf');

      const error = await caught(
        login.verify({ message: altered, signature: await account.signMessage({ message: altered }) }),
      );

      expect(error.reason).toBe('challenge_not_asked');
      expect(sent).toHaveLength(1);
    });
  });

  const pageOf = (values: Map<string, string>) => watched({ pending: storageOver(values) });

  describe('a page that is loaded again while its end-user is in the wallet', () => {
    it('given a signature that arrives afterwards, when it is verified, then it logs in, and the verifier is gone', async () => {
      const [values, account] = [new Map<string, string>(), newAccount()];
      const signed = await signedBy(account, pageOf(values).login);
      const { login } = pageOf(values);
      const waiting = await login.waiting();

      const tokens = await login.verify(signed);

      expect(waiting).toMatchObject({ message: signed.message, address: account.address });
      expect(tokens.address).toBe(account.address);
      expect([await login.waiting(), values.size]).toEqual([undefined, 0]);
    });

    it('given a message that waits, when its account signs in, then it signs that, and no other is asked for', async () => {
      const [values, account] = [new Map<string, string>(), newAccount()];
      await pageOf(values).login.challenge(account);
      const { login, sent } = pageOf(values);

      const tokens = await login.signIn(account);

      expect(tokens.address).toBe(account.address);
      expect(sent.map((body) => Object.keys(body))).toEqual([['nonce', 'signature', 'codeVerifier']]);
    });

    it.each([
      ['of another account', () => newAccount(), 0],
      ['that ends within a minute', (account: Account) => account, 245_000],
    ])('given a message %s, when an account signs in, then it gets one of its own', async (_which, whoOf, later) => {
      const [values, account] = [new Map<string, string>(), newAccount()];
      await pageOf(values).login.challenge(account);
      const { login, sent } = pageOf(values);
      service.clock.advance(later);
      const who = whoOf(account);

      const { address } = await login.signIn(who);

      expect(address).toBe(who.address);
      expect(sent).toHaveLength(2);
    });

    it('given a stored message that is not for this page, when its account signs in, then it does not sign it', async () => {
      const [values, account] = [new Map<string, string>(), newAccount()];
      await pageOf(values).login.challenge(account);
      for (const [key, value] of values) values.set(key, value.replaceAll('dapp.example wants', 'evil.example wants'));
      const asked: string[] = [];

      await pageOf(values).login.signIn({
        ...account,
        signMessage: async ({ message }) => {
          asked.push(message);
          return account.signMessage({ message });
        },
      });

      expect(asked).toHaveLength(1);
      expect(asked[0]).toMatch(/^dapp\.example wants/);
    });

    it('given two logins at once in one page, when both sign, then each has a message of its own', async () => {
      const [{ login }, account] = [pageOf(new Map()), newAccount()];

      const both = await Promise.all([login.signIn(account), login.signIn(account)]);

      expect(new Set(both.map(({ accessToken }) => accessToken)).size).toBe(2);
    });
  });

  describe('contract accounts', () => {
    it('given an account that its code speaks for, when it signs in, then it is one on its chain', async () => {
      const coded = codeAccount(node);
      const signMessage = async ({ message }: { message: string }) => coded.sign(message);

      const tokens = await loginOf().signIn({ address: coded.address, chainId: contractChain, signMessage });

      expect(decodeJwt(tokens.accessToken).sub).toBe(`eip155:${contractChain}:${coded.address}`);
    });

    it('given a node that fails, when it is back, then the signature that was given is enough', async () => {
      const coded = codeAccount(node);
      const login = loginOf();
      const { message } = await login.challenge({ address: coded.address, chainId: contractChain });
      const signature = coded.sign(message);
      node.sickness = (response) => void response.writeHead(500).end();

      const error = await caught(login.verify({ message, signature }));
      node.sickness = undefined;
      service.clock.advance(30_000);
      const tokens = await login.verify({ message, signature });

      expect(error).toMatchObject({ code: 'temporarily_unavailable', status: 503, retryAfter: expect.any(Number) });
      expect(tokens.address).toBe(coded.address);
    });

    it('given a chain without a node, when its account signs, then the advice says what the service lacks', async () => {
      const coded = codeAccount(node);
      const signMessage = async ({ message }: { message: string }) => coded.sign(message);

      const error = await caught(loginOf().signIn({ address: coded.address, chainId: 1, signMessage }));

      expect(error).toMatchObject({ code: 'invalid_request', reason: 'contract_accounts_unsupported' });
      expect(error.advice).toMatch(/no node of its chain/);
    });

    it('given a chain that may not sign in, when a message is asked for, then it is chain_unsupported', async () => {
      const wallet = keyProvider(undefined, { eth_chainId: () => '0x89' });

      const error = await caught(loginOf().signIn(wallet));

      expect(error.reason).toBe('chain_unsupported');
      expect(wallet.asked).not.toContain('personal_sign');
    });
  });

  describe('connect', () => {
    it('given a wallet that writes the message, when it connects, then that is the login', async () => {
      const wallet = keyProvider();
      const { login, sent } = watched({ clientId: writing.clientId });

      const tokens = await login.connect(wallet);

      expect(tokens).toMatchObject({ address: wallet.account.address, chainId: 1 });
      expect(wallet.asked).toEqual(['wallet_connect']);
      expect(Object.keys(sent[1] ?? {}).toSorted()).toEqual(['codeVerifier', 'message', 'signature']);
    });

    it('given a wallet that signs as another account than it connects, when it answers, then nothing is sent', async () => {
      const [own, other] = [newAccount(), newAccount()];
      const wallet = keyProvider(own, {
        wallet_connect: async ([{ capabilities }]: [{ capabilities: { signInWithEthereum: never } }]) => {
          const answer = await connected(other, capabilities.signInWithEthereum);
          return { accounts: [{ ...answer.accounts[0], address: own.address }] };
        },
      });
      const { login, sent } = watched({ clientId: writing.clientId });

      const error = await caught(login.connect(wallet));

      expect(error.reason).toBe('account_mismatch');
      expect(sent).toHaveLength(1);
    });

    it('given a client that is not registered for it, when a nonce is asked for, then the advice names the setting', async () => {
      const error = await caught(loginOf().connect(keyProvider()));

      expect(error).toMatchObject({ code: 'invalid_request', reason: 'client_id_invalid' });
      expect(error.advice).toMatch(/wallet_message: wallet/);
    });

    it('given a wallet without wallet_connect, when it refuses, then the same client signs in by a challenge', async () => {
      const wallet = keyProvider(undefined, {
        wallet_connect: () => {
          throw Object.assign(new Error('no such method'), { code: -32601 });
        },
      });
      const login = loginOf({ clientId: writing.clientId });

      const error = await caught(login.connect(wallet));
      const tokens = await login.signIn(wallet);

      expect(error.reason).toBe('wallet_method_unsupported');
      expect(tokens.address).toBe(wallet.account.address);
    });
  });
});
