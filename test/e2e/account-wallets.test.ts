import { describe, expect, it } from '@jest/globals';
import { UserStore, type User } from '../../src/domain/identity/user-store';
import { ask, browserOf, change, linkWallet, newPerson, signedLink, storedUser } from '../support/clients/account-page';
import { askWalletChallenge, openLoginPage } from '../support/clients/login-page';
import { askWith, codeFor, redeem } from '../support/clients/pkce-login';
import { challengeFor, keySigner, newAccount, post, type Signer } from '../support/clients/wallet';
import { codeAccount } from '../support/evm/code-account';
import { startRpcNode } from '../support/evm/rpc-node';
import { adminToken } from '../support/operations/admin';
import { eventsOf } from '../support/operations/audit';
import { fixture } from '../support/run/fixture';
import { errorOf } from '../support/service/envelope';
import { startService } from '../support/service/service';
import { bothStores } from '../support/stores/stores';

/** The chain of the node, at which accounts have code. */
const chainId = 8453;

const newSigner = () => keySigner(newAccount());

// On both stores: that a wallet has one owner, and a person a last credential, is decided by how each writes.
describe.each(bothStores)('linked wallets on %s', (store) => {
  const node = fixture(() => startRpcNode(chainId));
  const service = fixture(() =>
    startService(store, {
      EVM_RPC_URLS: `${chainId}=${node.url}`,
      EVM_CHAINS: `1,${chainId}`,
      ADMIN_TOKEN: adminToken,
    }),
  );

  const walletsOf = async (person: User) => (await storedUser(service, person)).wallets ?? [];
  async function someone(changes: Partial<User> = {}) {
    const person = await newPerson(service, changes);
    return { person, browser: await browserOf(service, person) };
  }
  const codeSigner = (): Signer => {
    const account = codeAccount(node);
    return { address: account.address, sign: (message) => account.sign(message, 96) };
  };

  it('given a message, when the wallet reads it, then it names the person and says what the wallet will be able to do', async () => {
    const { person, browser } = await someone();
    const { address } = newSigner();

    const { status, body } = await ask(browser, '/wallets/challenge', { address });

    expect(status).toBe(201);
    expect(body).toMatchObject({ address, chainId: 1 });
    const { username } = person;
    expect(body['message']).toContain(
      `\n\nLink this wallet to the account ${username}: this wallet will be able to sign in as ${username}.\n\nURI: ${service.url}`,
    );
  });

  it('given a name in another script, when the wallet reads the message, then it speaks of the account that asks', async () => {
    const { browser } = await someone({ username: 'Анна' });

    const { body } = await ask(browser, '/wallets/challenge', { address: newSigner().address });

    expect(body['message']).toContain('Link this wallet to the account that asks for it: ');
  });

  it('given a signature, when it is sent, then the wallet is linked, shown, and told of as an event', async () => {
    const { person, browser } = await someone();
    const wallet = newSigner();

    const events = await eventsOf(service, () => linkWallet(browser, wallet, { chainId }), 2);
    const html = await (await browser.fetch('/account')).text();

    expect(await walletsOf(person)).toEqual([{ address: wallet.address, chainId, createdAt: expect.any(Number) }]);
    expect(html).toContain(wallet.address);
    expect(html).toContain('go on knowing it under another id');
    expect(events).toContainEqual(expect.objectContaining({ type: 'wallet_linked', sub: person.id }));
  });

  it('given a wallet that is the person’s already, when it is linked again, then nothing changes', async () => {
    const { person, browser } = await someone();
    const wallet = newSigner();
    await linkWallet(browser, wallet);

    const response = await linkWallet(browser, wallet, { chainId });

    expect(response.status).toBe(303);
    expect(await walletsOf(person)).toHaveLength(1);
  });

  it('given a wallet of somebody else, when it is linked, then it is wallet_taken, on any chain', async () => {
    const [one, other] = [await someone(), await someone()];
    const wallet = newSigner();
    await linkWallet(one.browser, wallet);

    const response = await linkWallet(other.browser, wallet, { chainId });

    expect(await errorOf(response)).toMatchObject({ status: 409, reason: 'wallet_taken' });
    expect([await walletsOf(one.person), await walletsOf(other.person)].map((each) => each.length)).toEqual([1, 0]);
  });

  it('given one wallet and two people at once, when both link it, then at most one of them has it', async () => {
    const [one, other] = [await someone(), await someone()];
    for (let round = 0; round < 10; round += 1) {
      const wallet = newSigner();
      const forms = [await signedLink(one.browser, wallet), await signedLink(other.browser, wallet)] as const;

      const answers = await Promise.all([
        change(one.browser, '/wallets', forms[0]),
        change(other.browser, '/wallets', forms[1]),
      ]);

      const owners = await service.app.get(UserStore).findBy({ wallet: { address: wallet.address, chainId: 1 } });
      const linked = answers.filter(({ status }) => status === 303);
      expect(owners).toHaveLength(linked.length);
      expect(linked.length).toBeLessThan(2);
      expect(answers.filter(({ status }) => status === 409)).toHaveLength(2 - linked.length);
    }
  });

  it('given an account with code, when it is linked, then on its chain alone: at its address of another chain is somebody else', async () => {
    const { person, browser } = await someone();
    const wallet = codeSigner();

    const response = await linkWallet(browser, wallet, { chainId });

    const { address } = wallet;
    expect(response.status).toBe(303);
    expect(await walletsOf(person)).toEqual([{ address, chainId, contract: true, createdAt: expect.any(Number) }]);
    expect(await (await browser.fetch('/account')).text()).toContain(`on chain ${chainId} alone`);
    const ownerOn = (chain: number) =>
      service.app.get(UserStore).findOwner({ wallet: { address, chainId: chain, contract: true } });
    expect([(await ownerOn(chainId))?.id, await ownerOn(1)]).toEqual([person.id, undefined]);
  });

  it('given linked wallets, when /userinfo is asked with profile, then it lists their accounts; without, it does not', async () => {
    const { browser } = await someone();
    const [own, code] = [newSigner(), codeSigner()];
    await linkWallet(browser, own, { chainId });
    await linkWallet(browser, code, { chainId });

    const claims = async (scope: string) => {
      const { body } = await redeem(service, await codeFor(service, browser, { scope }));
      return (await askWith(service, body['access_token'], '/userinfo')).json();
    };

    expect(await claims('openid profile')).toMatchObject({
      accounts: [`eip155:1:${own.address}`, `eip155:${chainId}:${code.address}`],
    });
    expect(await claims('openid email')).not.toHaveProperty('accounts');
  });

  it('given a linked wallet, when it is unlinked, then it is gone; again, or another’s, is record_unknown', async () => {
    const [{ person, browser }, other] = [await someone(), await someone()];
    const [wallet, others] = [newSigner(), newSigner()];
    await linkWallet(browser, wallet, { chainId });
    await linkWallet(other.browser, others);
    const remove = ({ address }: Signer) => change(browser, `/wallets/eip155:1:${address}`, { action: 'remove' });

    const events = await eventsOf(service, () => remove(wallet));
    const again = await remove(wallet);
    const stranger = await remove(others);

    expect(events).toContainEqual(expect.objectContaining({ type: 'wallet_unlinked', sub: person.id }));
    expect(await walletsOf(person)).toEqual([]);
    for (const refused of [again, stranger]) {
      expect(await errorOf(refused)).toMatchObject({ status: 404, reason: 'record_unknown' });
    }
    expect(await walletsOf(other.person)).toHaveLength(1);
  });

  it('given two wallets and nothing else, when both are unlinked at once, then one stays: last_credential', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { person, browser } = await someone();
      const wallets = [newSigner(), newSigner()];
      for (const wallet of wallets) await linkWallet(browser, wallet);
      await service.app.get(UserStore).change(person.id, ({ passwordHash: _hash, ...user }) => user);

      const answers = await Promise.all(
        wallets.map(({ address }) => change(browser, `/wallets/eip155:1:${address}`, { action: 'remove' })),
      );

      expect(answers.map(({ status }) => status).toSorted()).toEqual([303, 409]);
      const refused = answers.find(({ status }) => status === 409);
      expect(await refused?.json()).toMatchObject({ reason: 'last_credential' });
      expect(await walletsOf(person)).toHaveLength(1);
    }
  });

  it('given 20 wallets, when another is linked, then it is too_many', async () => {
    const wallets = Array.from({ length: 20 }, () => ({ address: newSigner().address, chainId: 1, createdAt: 0 }));
    const { person, browser } = await someone({ wallets });

    const response = await linkWallet(browser, newSigner());

    expect(await errorOf(response)).toMatchObject({ status: 409, reason: 'too_many' });
    expect(await walletsOf(person)).toEqual(wallets);
  });

  it('given a nonce of this page, when it is shown to the login page and the API, then it is challenge_unknown, and stays good', async () => {
    const { person, browser } = await someone();
    const form = await signedLink(browser, newSigner());
    const login = await openLoginPage(service.url);

    const atLogin = await login.browser.postForm('/login/wallet', { ...login.hidden, ...form });
    const atApi = await post(service, '/wallet/verify', form);
    const here = await change(browser, '/wallets', form);

    expect(await errorOf(atLogin)).toMatchObject({ status: 400, reason: 'challenge_unknown' });
    expect([atApi.status, atApi.body['reason']]).toEqual([400, 'challenge_unknown']);
    expect(here.status).toBe(303);
    expect(await walletsOf(person)).toHaveLength(1);
  });

  it.each(['the login page', 'the API', 'the page of somebody else'])(
    'given a nonce of %s, when it is sent here, then it is challenge_unknown',
    async (where) => {
      const { person, browser } = await someone();
      const wallet = newSigner();
      const issued = async (): Promise<{ nonce: string; message: string }> => {
        if (where === 'the API') return challengeFor(service, wallet);
        if (where === 'the page of somebody else') {
          const { body } = await ask((await someone()).browser, '/wallets/challenge', { address: wallet.address });
          return body as { nonce: string; message: string };
        }
        return (
          await askWalletChallenge(await openLoginPage(service.url), { address: wallet.address })
        ).json() as never;
      };
      const { nonce, message } = await issued();

      const response = await change(browser, '/wallets', { nonce, signature: await wallet.sign(message) });

      expect(await errorOf(response)).toMatchObject({ status: 400, reason: 'challenge_unknown' });
      expect(await walletsOf(person)).toEqual([]);
    },
  );

  it('given an expired message, when its signature is sent, then it is challenge_expired', async () => {
    const { person, browser } = await someone();
    const form = await signedLink(browser, newSigner());
    // The login is 5 minutes old as well then: another one, of the same browser.
    service.clock.advance(300_000);
    const fresh = await browserOf(service, person);

    const response = await change(fresh, '/wallets', form);

    expect(await errorOf(response)).toMatchObject({ status: 400, reason: 'challenge_expired' });
  });

  it('given one signature ten times at once, when it is sent, then one of them links it', async () => {
    const { person, browser } = await someone();
    const form = await signedLink(browser, newSigner());

    const answers = await Promise.all(Array.from({ length: 10 }, () => change(browser, '/wallets', form)));

    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
    expect(await walletsOf(person)).toHaveLength(1);
  });

  it.each([
    ['no nonce', { nonce: '' }, 'nonce_invalid'],
    ['a nonce with a NUL', { nonce: 'a\u0000b' }, 'nonce_invalid'],
    ['an unknown nonce', { nonce: 'f'.repeat(32) }, 'challenge_unknown'],
    ['no signature', { signature: '' }, 'signature_invalid'],
    ['a signature that is no hex', { signature: '0xzz' }, 'signature_invalid'],
    ['a signature of another account', { signature: `0x${'11'.repeat(64)}1b` }, 'signature_mismatch'],
    ['a short signature', { signature: '0x1234' }, 'signature_malformed'],
  ])('given %s, when it is sent, then it is refused, and the message stays good', async (_case, fields, reason) => {
    const { person, browser } = await someone();
    const form = await signedLink(browser, newSigner());

    const response = await change(browser, '/wallets', { ...form, ...fields });

    expect(await errorOf(response)).toMatchObject({ status: 400, reason });
    expect(await walletsOf(person)).toEqual([]);
    expect((await change(browser, '/wallets', form)).status).toBe(303);
  });

  it.each([
    ['no address', { address: undefined }, 400, 'address_invalid'],
    ['an address that is none', { address: '0x1' }, 400, 'address_invalid'],
    ['an address that is a number', { address: 1 }, 400, 'address_invalid'],
    ['a chain id that is text', { chainId: 'one' }, 400, 'chain_id_invalid'],
    ['a chain that may not sign in', { chainId: 5 }, 400, 'chain_unsupported'],
    ['no protection', { csrf: undefined }, 403, 'csrf_invalid'],
    ['a protection that is a list', { csrf: [] }, 403, 'csrf_invalid'],
  ])('given %s, when a message is asked for, then it is refused', async (_case, fields, status, reason) => {
    const { browser } = await someone();

    const answer = await ask(browser, '/wallets/challenge', { address: newSigner().address, ...fields });

    expect([answer.status, answer.body['reason']]).toEqual([status, reason]);
  });

  it.each(['', 'rename', 'removed'])(
    'given the action %j, when it is sent, then it is field_invalid',
    async (action) => {
      const { browser } = await someone();

      const response = await change(browser, `/wallets/eip155:1:${newSigner().address}`, { action });

      expect(await errorOf(response)).toMatchObject({ status: 400, reason: 'field_invalid' });
    },
  );

  it('given a login of more than 5 minutes ago, or none, when a message is asked for, then it is login_too_old', async () => {
    const { browser } = await someone();
    service.clock.advance(302_000);
    const stranger = (await openLoginPage(service.url)).browser;
    const { hidden } = await openLoginPage(service.url, '', stranger);
    const address = newSigner().address;

    const late = await ask(browser, '/wallets/challenge', { address });
    const nobody = await ask(stranger, '/wallets/challenge', { address, csrf: hidden['csrf'] });

    for (const { status, body } of [late, nobody]) {
      expect([status, body['error'], body['reason']]).toEqual([401, 'login_required', 'login_too_old']);
    }
  });
});
