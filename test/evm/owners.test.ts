import { describe, expect, it } from '@jest/globals';
import { concat } from 'viem';
import { Safe } from '../support/evm/contract-accounts';
import { chainId, signInWith, startEvm, startServiceOnEvm, verify } from '../support/evm/evm';
import { fixture } from '../support/run/fixture';
import { storesUnderTest } from '../support/stores/stores';
import { challengeFor, newAccount } from '../support/clients/wallet';

const evm = fixture(startEvm);

const mismatch = { error: 'invalid_grant', reason: 'signature_mismatch' };

describe.each(storesUnderTest)('the owners of a contract account on %s', (store) => {
  const service = fixture(() => startServiceOnEvm(store, evm));

  async function safeOfThree() {
    const owners = [newAccount(), newAccount(), newAccount()] as const;
    const addresses = owners.map(({ address }) => address);
    const safe = await Safe.of(evm.chain, evm.safes, addresses, 2).deployed();
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
    const safe = await Safe.of(evm.chain, evm.safes, [former.address], 1).deployed();
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
    const safe = await Safe.of(evm.chain, evm.safes, [former.address], 1).deployed();
    const signer = { address: safe.address, sign: (message: string) => safe.sign(message, [former]) };

    const before = await signInWith(service, signer);
    await safe.swapFirstOwner(former.address, successor.address);
    const after = await signInWith(service, signer);

    expect(before.answer.status).toBe(200);
    expect(after.answer.body).toMatchObject(mismatch);
  });

  it('given a message that an owner approved on chain, when anybody makes its signature, then it signs in, and with a code_challenge not without the verifier', async () => {
    const owner = newAccount();
    const safe = await Safe.of(evm.chain, evm.safes, [owner.address], 1).deployed();
    const sign = (message: string) => safe.approve(message, owner);
    const codeVerifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
    const codeChallenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

    const plain = await signInWith(service, { address: safe.address, sign });
    const bound = await signInWith(service, { address: safe.address, sign }, { codeChallenge });
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
    const safe = await Safe.of(evm.chain, evm.safes, [owner.address], 1).deployed();
    const approved = await safe.approve('another message', owner);

    const { answer } = await signInWith(service, { address: safe.address, sign: async () => approved });

    expect(answer.body).toMatchObject(mismatch);
  });
});
