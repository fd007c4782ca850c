import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { concat } from 'viem';
import { Safe } from '../support/evm/contract-accounts';
import { chainId, otherChainId, safeOf, signInHere, startEvm, startServiceOnEvm } from '../support/evm/evm';
import { fixture } from '../support/run/fixture';
import { storesUnderTest } from '../support/stores/stores';
import { challengeFor, newAccount, verify } from '../support/clients/wallet';

const evm = fixture(startEvm);

const mismatch = { error: 'invalid_grant', reason: 'signature_mismatch' };

/** The same Safe on both chains, at one address. */
async function safeOnBothChains() {
  const owner = newAccount();
  const here = await safeOf(evm, [owner]).deployed();
  const there = await Safe.of(evm.otherChain, evm.safes, [owner]).deployed();
  return { owner, here, there };
}

describe.each(storesUnderTest)('the owners of a contract account on %s', (store) => {
  const service = fixture(() => startServiceOnEvm(store, evm));

  async function safeOfThree() {
    const owners = [newAccount(), newAccount(), newAccount()] as const;
    const safe = await safeOf(evm, owners, 2).deployed();
    return { safe, owners, challenge: await challengeFor(service, safe, { chainId }) };
  }

  it('given a Safe of 2 of 3, when signatures are missing, doubled, out of order or by a stranger, then none matches and the challenge stays', async () => {
    const { safe, owners, challenge } = await safeOfThree();
    const { message } = challenge;
    const each = await Promise.all(owners.map((owner) => safe.sign(message, [owner])));
    const [first, second, third] = each as [`0x${string}`, `0x${string}`, `0x${string}`];
    const right = await safe.sign(message, [owners[0], owners[1]]);
    const plain = await Promise.all(owners.map((owner) => owner.signMessage({ message })));
    const wrong = [
      first,
      concat([first, first]),
      concat([second, second, second]),
      right === concat([first, second]) ? concat([second, first]) : concat([first, second]),
      concat([third, await safe.sign(message, [newAccount()])]),
      await safe.sign(message, [newAccount(), newAccount()]),
      await safe.sign(`${message} `, [owners[0], owners[1]]),
      concat(plain),
      right.slice(0, -2) as `0x${string}`,
    ];

    const answers = [];
    for (const signature of wrong) answers.push(await verify(service, challenge, signature));
    const owner = await verify(service, challenge, right);

    for (const { status, body } of answers) {
      expect(status).toBe(400);
      expect(body).toMatchObject(mismatch);
    }
    expect(owner.status).toBe(200);
  });

  it('given an owner who is removed after signing, when the challenge is verified, then the signature does not match', async () => {
    const [former, successor] = [newAccount(), newAccount()];
    const safe = await safeOf(evm, [former]).deployed();
    const challenge = await challengeFor(service, safe, { chainId });
    const signature = await safe.sign(challenge.message, [former]);
    await safe.swapFirstOwner(former.address, successor.address);

    const refused = await verify(service, challenge, signature);
    const now = await verify(service, challenge, await safe.sign(challenge.message, [successor]));

    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject(mismatch);
    expect(now.status).toBe(200);
  });

  it('given an owner who is removed between two logins, when the second is verified, then no result was kept', async () => {
    const [former, successor] = [newAccount(), newAccount()];
    const safe = await safeOf(evm, [former]).deployed();

    const before = await signInHere(service, safe.by(former));
    await safe.swapFirstOwner(former.address, successor.address);
    const after = await signInHere(service, safe.by(former));

    expect(before.answer.status).toBe(200);
    expect(after.answer.body).toMatchObject(mismatch);
  });

  it('given a message that an owner approved on chain, when anybody makes its signature, then it signs in, and with a code_challenge not without the verifier', async () => {
    const owner = newAccount();
    const safe = await safeOf(evm, [owner]).deployed();
    const sign = (message: string) => safe.approve(message, owner);
    const codeVerifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
    const codeChallenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

    const plain = await signInHere(service, { address: safe.address, sign });
    const bound = await signInHere(service, { address: safe.address, sign }, { codeChallenge });
    const { challenge, signature, answer: without } = bound;
    const another = await verify(service, challenge, signature, { codeVerifier: 'x'.repeat(43) });
    const right = await verify(service, challenge, signature, { codeVerifier });

    expect(plain.answer.status).toBe(200);
    expect(without.body).toMatchObject({ error: 'invalid_grant', reason: 'code_verifier_required' });
    expect(another.body).toMatchObject({ error: 'invalid_grant', reason: 'code_verifier_mismatch' });
    expect(right.status).toBe(200);
  });

  it('given a message that nobody approved, when its signature is made up, then it does not match', async () => {
    const owner = newAccount();
    const safe = await safeOf(evm, [owner]).deployed();
    const approved = await safe.approve('another message', owner);

    const { answer } = await signInHere(service, { address: safe.address, sign: async () => approved });

    expect(answer.body).toMatchObject(mismatch);
  });

  it('given one Safe on two chains, when it signs in on each, then they are two subjects', async () => {
    const { owner, here, there } = await safeOnBothChains();

    const first = await signInHere(service, here.by(owner));
    const second = await signInHere(service, there.by(owner), { chainId: otherChainId });

    expect(here.address).toBe(there.address);
    const subjects = [first, second].map(({ answer }) => decodeJwt(String(answer.body['access_token'])).sub);
    expect(subjects).toEqual([`eip155:${chainId}:${here.address}`, `eip155:${otherChainId}:${here.address}`]);
  });

  it('given the message of one chain, when it is signed as on the other, then it does not match', async () => {
    const { owner, here, there } = await safeOnBothChains();

    const { answer } = await signInHere(service, { ...there.by(owner), address: here.address });

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
    const safe = await safeOf(evm, owners, 2).deployed();
    const challenge = await challengeFor(service, safe, { chainId: otherChainId });

    const short = await verify(service, challenge, await safe.sign(challenge.message, owners.slice(1)));
    const long = await verify(service, challenge, await safe.sign(challenge.message, owners));

    expect(short.body).toMatchObject(mismatch);
    expect(long.status).toBe(400);
    expect(long.body).toMatchObject({ error: 'invalid_request', reason: 'signature_malformed' });
  });

  it('given two Safes of one owner, when the signature of one is sent for the other, then it does not match', async () => {
    const owner = newAccount();
    const one = await safeOf(evm, [owner]).deployed();
    const other = await safeOf(evm, [owner], 1, 1n).deployed();

    const { answer } = await signInHere(service, { ...other.by(owner), address: one.address });

    expect(answer.body).toMatchObject(mismatch);
  });

  it('given the owner of a Safe, when the wrapper of that Safe is sent for the own account of the owner, then it does not match', async () => {
    const owner = newAccount();
    const safe = safeOf(evm, [owner]);

    const { answer } = await signInHere(service, { ...safe.wrappedBy(owner), address: owner.address });

    expect(answer.body).toMatchObject(mismatch);
  });

  it('given a delegation that is withdrawn after its delegate signed, when the challenge is verified, then it does not match, and the own key does', async () => {
    const [account, owner] = [newAccount(), newAccount()];
    const safe = await Safe.delegatedBy(account, evm.chain, evm.safes, owner);
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
    const safe = await Safe.delegatedBy(account, evm.chain, evm.safes, owner);

    const { answer } = await signInHere(service, safe.by(owner), { chainId: otherChainId });

    expect(answer.body).toMatchObject(mismatch);
  });
});
