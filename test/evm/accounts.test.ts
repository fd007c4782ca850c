import { beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { SiweMessage } from 'siwe';
import { type Hex, parseSignature, serializeCompactSignature, signatureToCompactSignature } from 'viem';
import { accountAbstraction, Safe, wrapped } from '../support/evm/contract-accounts';
import { chainId, type Login, type Signer, signInWith, startEvm, startServiceOnEvm } from '../support/evm/evm';
import { PasskeyAccount } from '../support/evm/passkey-account';
import { fixture } from '../support/run/fixture';
import { storesUnderTest } from '../support/stores/stores';
import { registerClient } from '../support/clients/registered';
import { newAccount, nonceFor, post, signIn, writtenMessage } from '../support/clients/wallet';

const evm = fixture(startEvm);

const three = () => [newAccount(), newAccount(), newAccount()] as const;

/** How the message is signed, and by which of its two natures the account proves itself. */
const kinds: readonly [kind: string, proof: 'key' | 'code', signer: () => Promise<Signer>][] = [
  [
    'an account without code',
    'key',
    async () => {
      const account = newAccount();
      return { address: account.address, sign: (message) => account.signMessage({ message }) };
    },
  ],
  [
    'an account without code, by EIP-2098',
    'key',
    async () => {
      const account = newAccount();
      return { address: account.address, sign: async (message) => compactOf(await account.signMessage({ message })) };
    },
  ],
  [
    'a Safe of 1 owner',
    'code',
    async () => {
      const owner = newAccount();
      const safe = await Safe.of(evm.chain, evm.safes, [owner.address], 1).deployed();
      return { address: safe.address, sign: (message) => safe.sign(message, [owner]) };
    },
  ],
  [
    'a Safe of 2 of 3 owners',
    'code',
    async () => {
      const owners = three();
      const safe = await Safe.of(evm.chain, evm.safes, addressesOf(owners), 2).deployed();
      return { address: safe.address, sign: (message) => safe.sign(message, [owners[2], owners[0]]) };
    },
  ],
  [
    'a Safe that a Safe owns',
    'code',
    async () => {
      const owner = newAccount();
      const parent = await Safe.of(evm.chain, evm.safes, [owner.address], 1).deployed();
      const safe = await Safe.of(evm.chain, evm.safes, [parent.address], 1).deployed();
      return { address: safe.address, sign: (message) => safe.signThrough(message, parent, [owner]) };
    },
  ],
  [
    'a Safe that is not deployed yet',
    'code',
    async () => {
      const owner = newAccount();
      const safe = Safe.of(evm.chain, evm.safes, [owner.address], 1);
      return { address: safe.address, sign: async (message) => safe.wrap(await safe.sign(message, [owner])) };
    },
  ],
  [
    'a Safe of 2 of 3 owners that is not deployed yet',
    'code',
    async () => {
      const owners = three();
      const safe = Safe.of(evm.chain, evm.safes, addressesOf(owners), 2);
      return { address: safe.address, sign: async (message) => safe.wrap(await safe.sign(message, owners.slice(1))) };
    },
  ],
  [
    'a Safe that was deployed, as if it was not',
    'code',
    async () => {
      const owner = newAccount();
      const safe = await Safe.of(evm.chain, evm.safes, [owner.address], 1).deployed();
      return { address: safe.address, sign: async (message) => safe.wrap(await safe.sign(message, [owner])) };
    },
  ],
  [
    'a passkey',
    'code',
    async () => {
      const passkey = await (await PasskeyAccount.of(evm.chain, evm.passkeyFactory)).deployed();
      return { address: passkey.address, sign: (message) => passkey.sign(message) };
    },
  ],
  [
    'a passkey whose account is not deployed yet',
    'code',
    async () => {
      const passkey = await PasskeyAccount.of(evm.chain, evm.passkeyFactory);
      return { address: passkey.address, sign: async (message) => passkey.wrap(await passkey.sign(message)) };
    },
  ],
  [
    'an account that delegates to Simple7702Account, by its own key',
    'key',
    async () => {
      const account = newAccount();
      await evm.chain.delegate(account, await evm.chain.deploy(accountAbstraction('Simple7702Account')));
      return { address: account.address, sign: (message) => account.signMessage({ message }) };
    },
  ],
  [
    'an account that delegates to Simple7702Account, by its own key in a wrapper',
    'code',
    async () => {
      const account = newAccount();
      const delegate = await evm.chain.deploy(accountAbstraction('Simple7702Account'));
      await evm.chain.delegate(account, delegate);
      const sign = async (message: string) => wrapped(delegate, '0x', await account.signMessage({ message }));
      return { address: account.address, sign };
    },
  ],
  [
    'an account that delegates to a Safe, by its own key',
    'key',
    async () => {
      const [account, owner] = three();
      await Safe.delegatedBy(account, evm.chain, evm.safes, [owner.address], 1);
      return { address: account.address, sign: (message) => account.signMessage({ message }) };
    },
  ],
  [
    'an account that delegates to a Safe, by the owner of that',
    'code',
    async () => {
      const [account, owner] = three();
      const safe = await Safe.delegatedBy(account, evm.chain, evm.safes, [owner.address], 1);
      return { address: safe.address, sign: (message) => safe.sign(message, [owner]) };
    },
  ],
];

describe.each(storesUnderTest)('accounts of every kind on %s', (store) => {
  const service = fixture(() => startServiceOnEvm(store, evm));
  beforeAll(async () => {
    // So that its endpoint is known to be of its chain.
    const owner = newAccount();
    const safe = await Safe.of(evm.chain, evm.safes, [owner.address], 1).deployed();
    await signInWith(service, { address: safe.address, sign: (message) => safe.sign(message, [owner]) });
  });

  it.each(kinds)(
    'given %s, when it signs in, then its proof is its %s, the node is asked as little as that needs, and the chain is as before',
    async (_kind, proof, of) => {
      const signer = await of();
      const before = await evm.chain.state();
      const logins: Login[] = [];

      const calls = await evm.proxy.callsOf(async () => logins.push(await signInWith(service, signer)));

      const [login] = logins;
      expect(login?.answer.status).toBe(200);
      expect(login?.answer.body).toMatchObject({ address: signer.address, chainId });
      expect(decodeJwt(String(login?.answer.body['access_token']))).toMatchObject({
        sub: `eip155:${proof === 'key' ? 1 : chainId}:${signer.address}`,
        chain_id: chainId,
        account_proof: proof,
        amr: ['pop'],
      });
      if (proof === 'key') expect(calls).toEqual([]);
      else expect(calls.length).toBeLessThanOrEqual(2);
      expect(await evm.chain.state()).toEqual(before);
    },
  );

  it('given a SimpleAccount, which has no ERC-1271, when its owner signs, then the signature does not match', async () => {
    const owner = newAccount();
    const entryPoint = newAccount().address;
    const implementation = await evm.chain.deploy(accountAbstraction('SimpleAccount'), [entryPoint]);

    const { answer } = await signInWith(service, {
      address: implementation,
      sign: (message) => owner.signMessage({ message }),
    });

    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error: 'invalid_grant', reason: 'signature_mismatch' });
  });

  it('given a client whose wallets write the message, when a Safe that is not deployed yet does, then it signs in on that chain', async () => {
    const { clientId } = await registerClient(service, {
      walletOrigin: 'https://dapp.example',
      walletMessage: 'wallet',
    });
    const owner = newAccount();
    const safe = Safe.of(evm.chain, evm.safes, [owner.address], 1);
    const message = writtenMessage(await nonceFor(service, { clientId, chainId }), safe);
    const signature = safe.wrap(await safe.sign(message, [owner]));

    const answer = await post(service, '/wallet/verify', { message, signature });
    const again = await post(service, '/wallet/verify', { message, signature });

    expect(answer.status).toBe(200);
    expect(decodeJwt(String(answer.body['access_token']))).toMatchObject({
      sub: `eip155:${chainId}:${safe.address}`,
      account_proof: 'code',
    });
    expect(again.body).toMatchObject({ error: 'invalid_grant', reason: 'challenge_used' });
    expect(new SiweMessage(message).address).toBe(safe.address);
  });

  it('given an account with its own key, when it signs in on a chain without RPC, then it is the same subject', async () => {
    const account = newAccount();

    const { answer } = await signIn(service, account, { chainId: 31_339 });

    expect(answer.status).toBe(200);
    expect(decodeJwt(String(answer.body['access_token']))).toMatchObject({
      sub: `eip155:1:${account.address}`,
      chain_id: 31_339,
    });
  });
});

function addressesOf(accounts: readonly { readonly address: Hex }[]): Hex[] {
  return accounts.map(({ address }) => address);
}

function compactOf(signature: Hex): Hex {
  return serializeCompactSignature(signatureToCompactSignature(parseSignature(signature)));
}
