import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { Safe } from '../support/evm/contract-accounts';
import { chainId, otherChainId, signInWith, startEvm, startServiceOnEvm, verify } from '../support/evm/evm';
import { fixture } from '../support/run/fixture';
import { storesUnderTest } from '../support/stores/stores';
import { challengeFor, newAccount } from '../support/clients/wallet';

const evm = fixture(startEvm);

const mismatch = { error: 'invalid_grant', reason: 'signature_mismatch' };

/** The same Safe on both chains, at one address. */
async function safeOnBothChains() {
  const owner = newAccount();
  const here = await Safe.of(evm.chain, evm.safes, [owner.address], 1).deployed();
  const there = await Safe.of(evm.otherChain, evm.safes, [owner.address], 1).deployed();
  return { owner, here, there };
}

describe.each(storesUnderTest)('replays by contract accounts on %s', (store) => {
  const service = fixture(() => startServiceOnEvm(store, evm));

  it('given one Safe on two chains, when it signs in on each, then they are two subjects', async () => {
    const { owner, here, there } = await safeOnBothChains();

    const first = await signInWith(service, { address: here.address, sign: (message) => here.sign(message, [owner]) });
    const second = await signInWith(
      service,
      { address: there.address, sign: (message) => there.sign(message, [owner]) },
      { chainId: otherChainId },
    );

    expect(here.address).toBe(there.address);
    const subjects = [first, second].map(({ answer }) => decodeJwt(String(answer.body['access_token'])).sub);
    expect(subjects).toEqual([`eip155:${chainId}:${here.address}`, `eip155:${otherChainId}:${here.address}`]);
  });

  it('given the message of one chain, when it is signed as on the other, then it does not match', async () => {
    const { owner, here, there } = await safeOnBothChains();

    const { answer } = await signInWith(service, {
      address: here.address,
      sign: (message) => there.sign(message, [owner]),
    });

    expect(answer.body).toMatchObject(mismatch);
  });

  it('given the signature of the message of one chain, when it is sent to the challenge of the other, then it does not match', async () => {
    const { owner, here, there } = await safeOnBothChains();
    const challenge = await challengeFor(service, here, { chainId });
    const other = await challengeFor(service, there, { chainId: otherChainId });

    const answers = [
      await verify(service, other, await here.sign(challenge.message, [owner])),
      await verify(service, other, await there.sign(challenge.message, [owner])),
    ];

    for (const { body } of answers) expect(body).toMatchObject(mismatch);
  });

  it('given a Safe of one chain alone, when it signs in on the other, then it is nobody there', async () => {
    const owners = [newAccount(), newAccount()];
    const addresses = owners.map(({ address }) => address);
    const safe = await Safe.of(evm.chain, evm.safes, addresses, 2).deployed();
    const challenge = await challengeFor(service, safe, { chainId: otherChainId });

    const short = await verify(service, challenge, await safe.sign(challenge.message, owners.slice(1)));
    const long = await verify(service, challenge, await safe.sign(challenge.message, owners));

    expect(short.body).toMatchObject(mismatch);
    expect(long.status).toBe(400);
    expect(long.body).toMatchObject({ error: 'invalid_request', reason: 'signature_malformed' });
  });

  it('given two Safes of one owner, when the signature of one is sent for the other, then it does not match', async () => {
    const owner = newAccount();
    const [one, other] = await Promise.all(
      [0n, 1n].map((saltNonce) => Safe.of(evm.chain, evm.safes, [owner.address], 1, saltNonce)),
    );
    await one?.deployed();
    await other?.deployed();
    if (one === undefined || other === undefined) throw new Error('not two Safes');

    const { answer } = await signInWith(service, {
      address: one.address,
      sign: (message) => other.sign(message, [owner]),
    });

    expect(answer.body).toMatchObject(mismatch);
  });

  it('given the owner of a Safe, when the wrapper of that Safe is sent for the own account of the owner, then it does not match', async () => {
    const owner = newAccount();
    const safe = Safe.of(evm.chain, evm.safes, [owner.address], 1);

    const { answer } = await signInWith(service, {
      address: owner.address,
      sign: async (message) => safe.wrap(await safe.sign(message, [owner])),
    });

    expect(answer.body).toMatchObject(mismatch);
  });

  it('given a delegation that is withdrawn after its delegate signed, when the challenge is verified, then it does not match, and the own key does', async () => {
    const [account, owner] = [newAccount(), newAccount()];
    const safe = await Safe.delegatedBy(account, evm.chain, evm.safes, [owner.address], 1);
    const challenge = await challengeFor(service, account, { chainId });
    const signature = await safe.sign(challenge.message, [owner]);
    await evm.chain.withdrawDelegation(account);

    const refused = await verify(service, challenge, signature);
    const own = await verify(service, challenge, await account.signMessage({ message: challenge.message }));

    expect(refused.body).toMatchObject(mismatch);
    expect(own.status).toBe(200);
  });

  it('given a delegation of one chain, when its delegate signs in on the other, then it does not match', async () => {
    const [account, owner] = [newAccount(), newAccount()];
    const safe = await Safe.delegatedBy(account, evm.chain, evm.safes, [owner.address], 1);

    const { answer } = await signInWith(
      service,
      { address: account.address, sign: (message) => safe.sign(message, [owner]) },
      { chainId: otherChainId },
    );

    expect(answer.body).toMatchObject(mismatch);
  });
});
