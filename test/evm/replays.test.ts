import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { Safe } from '../support/evm/contract-accounts';
import {
  chainId,
  chainWithoutRpc,
  type Evm,
  noSignature,
  otherChainId,
  signInWith,
  startEvm,
  startServiceOnEvm,
  verify,
} from '../support/evm/evm';
import type { TestService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { challengeFor, me, newAccount } from '../support/clients/wallet';

let evm: Evm;

beforeAll(async () => {
  evm = await startEvm();
});
afterAll(() => evm.stop());

const mismatch = { error: 'invalid_grant', reason: 'signature_mismatch' };
const used = { error: 'invalid_grant', reason: 'challenge_used' };

/** The same Safe on both chains, at one address. */
async function safeOnBothChains() {
  const owner = newAccount();
  const here = await Safe.of(evm.chain, evm.safes, [owner.address], 1).deployed();
  const there = await Safe.of(evm.otherChain, evm.safes, [owner.address], 1).deployed();
  return { owner, here, there };
}

describe.each(storesUnderTest)('replays by contract accounts on %s', (store) => {
  let service: TestService;

  beforeAll(async () => {
    service = await startServiceOnEvm(store, evm);
  });
  afterAll(() => service.stop());

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

  it('given a chain without RPC, when a contract account signs in there, then it is told that none can', async () => {
    const owners = [newAccount(), newAccount()];
    const addresses = owners.map(({ address }) => address);
    const safe = Safe.of(evm.chain, evm.safes, addresses, 2);
    const challenge = await challengeFor(service, safe, { chainId: chainWithoutRpc });

    const long = await verify(service, challenge, await safe.sign(challenge.message, owners));
    const short = await verify(service, challenge, await safe.sign(challenge.message, owners.slice(1)));

    expect(long.status).toBe(400);
    expect(long.body).toMatchObject({ error: 'invalid_request', reason: 'contract_accounts_unsupported' });
    expect(short.body).toMatchObject(mismatch);
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

  it('given a spent challenge, when its signature is replayed, then it is used, its tokens end, and no node is asked', async () => {
    const { owner, here } = await safeOnBothChains();
    const login = await signInWith(service, { address: here.address, sign: (message) => here.sign(message, [owner]) });
    service.clock.advance(3_000);

    const calls = await evm.proxy.callsOf(async () => {
      const wrong = await verify(service, login.challenge, noSignature(65));
      expect(wrong.body).toMatchObject(used);
      expect(await me(service, login.answer)).toMatchObject({ status: 200 });
      const replayed = await verify(service, login.challenge, login.signature);
      expect(replayed.body).toMatchObject(used);
    });

    expect(calls).toEqual([]);
    expect(await me(service, login.answer)).toMatchObject({ status: 401 });
  });

  it('given one challenge, when many verify it at once, then exactly one signs in', async () => {
    const { owner, here } = await safeOnBothChains();
    const challenge = await challengeFor(service, here, { chainId });
    const signature = await here.sign(challenge.message, [owner]);

    const answers = await Promise.all(Array.from({ length: 5 }, () => verify(service, challenge, signature)));

    const winners = answers.filter(({ status }) => status === 200);
    expect(winners).toHaveLength(1);
    for (const { status, body } of answers) if (status !== 200) expect(body).toMatchObject(used);
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
