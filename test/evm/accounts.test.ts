import { beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { SiweMessage } from 'siwe';
import { type Hex, parseSignature, serializeCompactSignature, signatureToCompactSignature } from 'viem';
import { accountAbstraction, Safe, wrapped } from '../support/evm/contract-accounts';
import { chainId, safeOf, signInHere, startEvm, startServiceOnEvm } from '../support/evm/evm';
import { PasskeyAccount } from '../support/evm/passkey-account';
import { fixture } from '../support/run/fixture';
import { storesUnderTest } from '../support/stores/stores';
import { registerClient } from '../support/clients/registered';
import { keySigner, newAccount, nonceFor, post, type Signer, writtenMessage } from '../support/clients/wallet';

const evm = fixture(startEvm);

const three = () => [newAccount(), newAccount(), newAccount()] as const;
const passkey = () => PasskeyAccount.of(evm.chain, evm.passkeyFactory);

/** A Safe of one owner, as it signs in when it is deployed. */
async function safeOfOne(): Promise<Signer> {
  const owner = newAccount();
  return (await safeOf(evm, [owner]).deployed()).by(owner);
}

/** An account that has become a Simple7702Account, and what that is a copy of. */
async function simple7702() {
  const account = newAccount();
  const delegate = await evm.chain.deploy(accountAbstraction('Simple7702Account'));
  await evm.chain.delegate(account, delegate);
  return { account, delegate };
}

/** How the message is signed, and by which of its two natures the account proves itself. */
const kinds: readonly [kind: string, proof: 'key' | 'code', signer: () => Signer | Promise<Signer>][] = [
  ['an account without code', 'key', () => keySigner(newAccount())],
  [
    'an account without code, by EIP-2098',
    'key',
    () => {
      const { address, sign } = keySigner(newAccount());
      return { address, sign: async (message) => compactOf(await sign(message)) };
    },
  ],
  ['a Safe of 1 owner', 'code', safeOfOne],
  [
    'a Safe of 2 of 3 owners',
    'code',
    async () => {
      const owners = three();
      return (await safeOf(evm, owners, 2).deployed()).by(owners[2], owners[0]);
    },
  ],
  [
    'a Safe that a Safe owns',
    'code',
    async () => {
      const owner = newAccount();
      const parent = await safeOf(evm, [owner]).deployed();
      const safe = await safeOf(evm, [parent]).deployed();
      return { address: safe.address, sign: (message) => safe.signThrough(message, parent, [owner]) };
    },
  ],
  [
    'a Safe that is not deployed yet',
    'code',
    () => {
      const owner = newAccount();
      return safeOf(evm, [owner]).wrappedBy(owner);
    },
  ],
  [
    'a Safe of 2 of 3 owners that is not deployed yet',
    'code',
    () => {
      const owners = three();
      return safeOf(evm, owners, 2).wrappedBy(...owners.slice(1));
    },
  ],
  [
    'a Safe that was deployed, as if it was not',
    'code',
    async () => {
      const owner = newAccount();
      return (await safeOf(evm, [owner]).deployed()).wrappedBy(owner);
    },
  ],
  ['a passkey', 'code', async () => (await passkey()).deployed()],
  [
    'a passkey whose account is not deployed yet',
    'code',
    async () => {
      const account = await passkey();
      return { address: account.address, sign: async (message) => account.wrap(await account.sign(message)) };
    },
  ],
  [
    'an account that delegates to Simple7702Account, by its own key',
    'key',
    async () => keySigner((await simple7702()).account),
  ],
  [
    'an account that delegates to Simple7702Account, by its own key in a wrapper',
    'code',
    async () => {
      const { account, delegate } = await simple7702();
      const sign = async (message: string) => wrapped(delegate, '0x', await account.signMessage({ message }));
      return { address: account.address, sign };
    },
  ],
  [
    'an account that delegates to a Safe, by its own key',
    'key',
    async () => {
      const [account, owner] = three();
      await Safe.delegatedBy(account, evm.chain, evm.safes, owner);
      return keySigner(account);
    },
  ],
  [
    'an account that delegates to a Safe, by the owner of that',
    'code',
    async () => {
      const [account, owner] = three();
      return (await Safe.delegatedBy(account, evm.chain, evm.safes, owner)).by(owner);
    },
  ],
];

describe.each(storesUnderTest)('accounts of every kind on %s', (store) => {
  const service = fixture(() => startServiceOnEvm(store, evm));
  beforeAll(async () => {
    // So that its endpoint is known to be of its chain.
    await signInHere(service, await safeOfOne());
  });

  it.each(kinds)(
    'given %s, when it signs in, then its proof is its %s, the node is asked as little as that needs, and the chain is as before',
    async (_kind, proof, of) => {
      const signer = await of();
      const before = await evm.chain.state();
      evm.proxy.asked.length = 0;

      const { answer } = await signInHere(service, signer);

      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ address: signer.address, chainId });
      expect(decodeJwt(String(answer.body['access_token']))).toMatchObject({
        sub: `eip155:${proof === 'key' ? 1 : chainId}:${signer.address}`,
        chain_id: chainId,
        account_proof: proof,
        amr: ['pop'],
      });
      expect(evm.proxy.asked.length).toBeLessThanOrEqual(proof === 'key' ? 0 : 2);
      expect(await evm.chain.state()).toEqual(before);
    },
  );

  it('given a SimpleAccount, which has no ERC-1271, when its owner signs, then the signature does not match', async () => {
    const owner = newAccount();
    const entryPoint = newAccount().address;
    const implementation = await evm.chain.deploy(accountAbstraction('SimpleAccount'), [entryPoint]);

    const { answer } = await signInHere(service, { ...keySigner(owner), address: implementation });

    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error: 'invalid_grant', reason: 'signature_mismatch' });
  });

  it('given a client whose wallets write the message, when a Safe that is not deployed yet does, then it signs in on that chain', async () => {
    const { clientId } = await registerClient(service, {
      walletOrigin: 'https://dapp.example',
      walletMessage: 'wallet',
    });
    const owner = newAccount();
    const safe = safeOf(evm, [owner]);
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
});

function compactOf(signature: Hex): Hex {
  return serializeCompactSignature(signatureToCompactSignature(parseSignature(signature)));
}
