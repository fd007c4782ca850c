import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { type LinkedWallet, UserStore } from '../../src/domain/identity/user-store';
import { SessionStore } from '../../src/protocols/login/session-store';
import { sessionIdOf } from '../support/clients/browser-session';
import { logIn } from '../support/clients/logged-in-client';
import { askWalletChallenge, openLoginPage, signedForm } from '../support/clients/login-page';
import { newPerson } from '../support/clients/passkey';
import { askWith, codeFor, redeem } from '../support/clients/pkce-login';
import { newAccount, signIn } from '../support/clients/wallet';
import { codeAccount, type TestCodeAccount } from '../support/evm/code-account';
import { startRpcNode } from '../support/evm/rpc-node';
import { fixture } from '../support/run/fixture';
import { errorOf } from '../support/service/envelope';
import { startService } from '../support/service/service';
import { bothStores } from '../support/stores/stores';

/** The chains of the nodes, at which accounts have code. */
const [chainId, otherChain] = [8453, 10];

describe.each(bothStores)('a linked wallet at the login page on %s', (store) => {
  const node = fixture(() => startRpcNode(chainId));
  const otherNode = fixture(() => startRpcNode(otherChain));
  const service = fixture(() =>
    startService(store, {
      EVM_RPC_URLS: `${chainId}=${node.url},${otherChain}=${otherNode.url}`,
      EVM_CHAINS: `1,${chainId},${otherChain}`,
    }),
  );

  const sessionOf = (id: string) => service.app.get(SessionStore).find(id, service.clock.now());
  const linked = (address: string, more: Partial<LinkedWallet> = {}) => ({
    wallets: [{ address, chainId: 1, createdAt: service.clock.now(), ...more }],
  });

  /** A login of an account that signs with its own key, and what its session says. */
  async function signInAs(account: ReturnType<typeof newAccount>, fields: object = {}) {
    const page = await openLoginPage(service.url);
    const form = await signedForm(page, account, fields);
    const answer = await page.browser.postForm('/login/wallet', form);
    const session = answer.status === 303 ? await sessionOf(sessionIdOf(page.browser)) : undefined;
    return { ...page, form, answer, authentication: session?.authentication };
  }

  /** The same of an account that its code speaks for. */
  async function signInByCode({ address, sign }: TestCodeAccount, chain: number) {
    const page = await openLoginPage(service.url);
    const asked = await askWalletChallenge(page, { address, chainId: chain });
    const { nonce, message } = (await asked.json()) as { nonce: string; message: string };
    await page.browser.postForm('/login/wallet', { ...page.hidden, nonce, signature: sign(message) });
    return (await sessionOf(sessionIdOf(page.browser)))?.authentication;
  }

  it.each([1, chainId])(
    'given an account that signs with its own key, when it signs on chain %d, then its owner is signed in',
    async (chain) => {
      const account = newAccount();
      const owner = await newPerson(service, linked(account.address));

      const { authentication } = await signInAs(account, { chainId: chain });

      expect(authentication).toEqual({ sub: owner.id, amr: ['pop'], authTime: expect.any(Number) });
    },
  );

  it('given such a session, when its code is redeemed, then the tokens are the owner’s and name no chain', async () => {
    const account = newAccount();
    const owner = await newPerson(service, linked(account.address));
    const { browser } = await signInAs(account);

    const { body } = await redeem(service, await codeFor(service, browser));

    const claims = decodeJwt(String(body['id_token']));
    expect(claims).toMatchObject({ sub: owner.id, amr: ['pop'] });
    expect(Object.keys(claims)).not.toEqual(expect.arrayContaining(['acr']));
    expect(Object.keys(claims)).not.toEqual(expect.arrayContaining(['chain_id']));
  });

  it('given a linked account, when it signs in to a dApp, then its subject is the account still', async () => {
    const account = newAccount();
    await newPerson(service, linked(account.address));

    const { answer } = await signIn(service, account);

    expect(decodeJwt(String(answer.body['access_token'])).sub).toBe(`eip155:1:${account.address}`);
  });

  it('given a smart account that is linked on one chain, when it signs there, then its owner is signed in, and nowhere else', async () => {
    const account = codeAccount(node);
    const code = node.accounts.get(account.address);
    if (code !== undefined) otherNode.accounts.set(account.address, code);
    const owner = await newPerson(service, linked(account.address, { chainId, contract: true }));

    const [there, elsewhere] = [await signInByCode(account, chainId), await signInByCode(account, otherChain)];

    expect(there?.sub).toBe(owner.id);
    expect(elsewhere?.sub).toBe(`eip155:${otherChain}:${account.address}`);
  });

  it('given an address that is linked as a smart account, when a key signs for it, then it is its own subject', async () => {
    const account = newAccount();
    await newPerson(service, linked(account.address, { chainId: 1, contract: true }));

    expect((await signInAs(account)).authentication?.sub).toBe(`eip155:1:${account.address}`);
  });

  it.each([
    ['nobody', 0],
    ['two users', 2],
  ])('given an account that %s has, when it signs, then it is its own subject', async (_who, owners) => {
    const account = newAccount();
    for (let each = 0; each < owners; each += 1) await newPerson(service, linked(account.address));

    expect((await signInAs(account)).authentication?.sub).toBe(`eip155:1:${account.address}`);
  });

  it('given a wallet that its owner has unlinked, when it signs, then it is its own subject', async () => {
    const account = newAccount();
    const { id } = await newPerson(service, linked(account.address));
    await service.app.get(UserStore).change(id, ({ wallets: _wallets, ...user }) => user);

    expect((await signInAs(account)).authentication?.sub).toBe(`eip155:1:${account.address}`);
  });

  it.each<[what: string, fields: object]>([
    ['disabled', { disabled: true }],
    ['who must verify an address first', { unverifiedUntil: Number.MAX_SAFE_INTEGER }],
  ])('given an owner %s, when the wallet signs, then nobody is signed in', async (_what, fields) => {
    const account = newAccount();
    await newPerson(service, { ...linked(account.address), ...fields });

    const { answer, browser } = await signInAs(account);

    expect(await errorOf(answer)).toMatchObject({ status: 400, reason: 'challenge_used' });
    expect(browser.cookie('tessera_session')).toBeUndefined();
  });

  it('given a signature that was used more than 2 s ago, when it is sent again, then the owner’s session ends with all that it gave', async () => {
    const account = newAccount();
    await newPerson(service, linked(account.address));
    const { browser, form } = await signInAs(account);
    const id = sessionIdOf(browser);
    const { tokens } = await logIn(service, browser);
    service.clock.advance(3_000);

    const replay = await browser.postForm('/login/wallet', form);

    expect(await errorOf(replay)).toMatchObject({ status: 400, reason: 'challenge_used' });
    expect(await sessionOf(id)).toBeUndefined();
    expect((await askWith(service, tokens)).status).toBe(401);
  });
});
