import { describe, expect, it } from '@jest/globals';
import { concat, getAddress, type Hex, numberToHex, pad, padHex } from 'viem';
import { createdBy, wrapped } from '../support/evm/contract-accounts';
import { noSignature, safeOf, signInHere, startEvm, startServiceOnEvm } from '../support/evm/evm';
import { creationCode } from '../support/evm/evm-chain';
import {
  answering,
  answeringMuch,
  callingBack,
  echoing,
  endless,
  factory,
  factoryThatCallsBack,
  idle,
  invalid,
  magicValue,
  magicWord,
  mebibyte,
  recursive,
  reverting,
  selfDestructing,
  writing,
} from '../support/evm/hostile-contracts';
import { fixture } from '../support/run/fixture';
import { newAccount } from '../support/clients/wallet';

const mismatch = { status: 400, body: { error: 'invalid_grant', reason: 'signature_mismatch' } };

const evm = fixture(startEvm);
const service = fixture(() => startServiceOnEvm('lmdb', evm));

/** A login of this account with a signature that is nobody's. */
async function verdictOn(address: Hex, signature: Hex = noSignature(96)) {
  const { answer } = await signInHere(service, { address, sign: async () => signature });
  return answer;
}

/** The account that the factory makes of this creation code, not deployed. */
async function counterfactual(factoryCode: Hex, creation: Hex) {
  const factoryAddress = await evm.chain.deployCode(factoryCode);
  const address = createdBy(factoryAddress, creation);
  return { address, signature: wrapped(factoryAddress, creation, noSignature(65)) };
}

describe('what a contract answers', () => {
  it.each<[answer: string, code: Hex]>([
    ['the magic value', answering(magicWord)],
    ['the magic value and a word behind it', answering(concat([magicWord, padHex('0x01', { size: 32 })]))],
    ['the magic value and a byte behind it', answering(concat([magicWord, '0xff']))],
  ])('given %s, when it is asked, then that is a yes', async (_answer, code) => {
    const { status } = await verdictOn(await evm.chain.deployCode(code));

    expect(status).toBe(200);
  });

  it.each<[answer: string, code: Hex]>([
    ['nothing', idle],
    ['the magic value alone, without the rest of its word', answering(magicValue)],
    ['one byte too few', answering(concat([magicValue, pad('0x', { size: 27 })]))],
    ['the magic value on the right of its word', answering(padHex(magicValue, { size: 32 }))],
    ['the magic value and one more bit in its word', answering(concat([magicValue, padHex('0x01', { size: 28 })]))],
    ['the magic value again and again', answering(concat(Array.from({ length: 8 }, () => magicValue)))],
    ['the magic value in the second word', answering(concat([padHex('0x', { size: 32 }), magicWord]))],
    ['true', answering(padHex('0x01', { size: 32 }))],
    ['the magic value of the draft, of bytes', answering(padHex('0x20c13b0b', { dir: 'right', size: 32 }))],
    ['zeros', answering(padHex('0x', { size: 32 }))],
    ['a mebibyte of zeros', answeringMuch('0x00', mebibyte)],
    ['a revert', reverting()],
    ['a revert with the magic value', reverting(magicWord)],
    ['a revert with a mebibyte', answeringMuch(magicWord, mebibyte, 'REVERT')],
    ['the hash and the signature that it was called with', echoing],
    ['never', endless],
    ['an invalid instruction', invalid],
    ['by its end', selfDestructing],
  ])('given %s, when it is asked, then the signature does not match', async (_answer, code) => {
    const address = await evm.chain.deployCode(code);
    const before = await evm.chain.state();

    expect(await verdictOn(address)).toMatchObject(mismatch);
    expect(await evm.chain.state()).toEqual(before);
  });

  it.each<[contract: string, code: Hex]>([
    ['writes', writing],
    ['calls itself as deep as it goes', recursive],
    ['calls back', callingBack],
    ['answers yes and a mebibyte', answeringMuch(magicWord, mebibyte)],
  ])(
    'given a contract that %s, when it is asked, then viem says the same, and the chain is as before',
    async (_does, code) => {
      const address = await evm.chain.deployCode(code);
      const before = await evm.chain.state();

      const { challenge, signature, answer } = await signInHere(service, {
        address,
        sign: async () => noSignature(96),
      });
      const judged = await evm.chain.client.verifyMessage({ address, message: challenge.message, signature });

      expect(answer.status === 200).toBe(judged);
      if (answer.status !== 200) expect(answer).toMatchObject(mismatch);
      expect(await evm.chain.state()).toEqual(before);
    },
  );
});

describe('factories', () => {
  const yes = creationCode(answering(magicWord));

  it.each<[kind: string, code: Hex]>([
    ['creates the account', factory],
    ['calls back before and after it creates the account', factoryThatCallsBack],
  ])(
    'given a factory that %s, when the account says yes, then it signs in, and is still not deployed',
    async (_kind, code) => {
      const { address, signature } = await counterfactual(code, yes);
      const before = await evm.chain.state();

      const { status } = await verdictOn(address, signature);

      expect(status).toBe(200);
      expect(await evm.chain.state()).toEqual(before);
      expect(await evm.chain.client.getCode({ address })).toBeUndefined();
    },
  );

  it.each<[kind: string, code: Hex]>([
    ['creates nothing', idle],
    ['reverts', reverting()],
    ['answers the magic value', answering(magicWord)],
    ['answers a mebibyte', answeringMuch(magicWord, mebibyte)],
    ['never ends', endless],
    ['is gone', selfDestructing],
  ])('given a factory that %s, when it is called, then the signature does not match', async (_kind, code) => {
    const { address, signature } = await counterfactual(code, yes);
    const before = await evm.chain.state();

    expect(await verdictOn(address, signature)).toMatchObject(mismatch);
    expect(await evm.chain.state()).toEqual(before);
  });

  it('given an account that its factory creates hostile, when it is asked, then the signature does not match', async () => {
    const creations = [reverting(), endless, answering(magicValue), idle].map(creationCode);

    for (const creation of creations) {
      const { address, signature } = await counterfactual(factory, creation);
      expect(await verdictOn(address, signature)).toMatchObject(mismatch);
    }
  });

  it('given a creation that never ends, when the account is asked, then the signature does not match', async () => {
    const { address, signature } = await counterfactual(factory, endless);

    expect(await verdictOn(address, signature)).toMatchObject(mismatch);
  });

  it("given another's factory call, when it is sent for an account that it does not create, then the signature does not match", async () => {
    const { signature } = await counterfactual(factory, yes);
    const stranger = newAccount();

    expect(await verdictOn(stranger.address, signature)).toMatchObject(mismatch);
  });

  it('given a deployed account, when a factory call that nobody may make is sent with its right signature, then it signs in all the same', async () => {
    const owner = newAccount();
    const safe = await safeOf(evm, [owner]).deployed();
    const idleFactory = await evm.chain.deployCode(reverting());

    const { answer } = await signInHere(service, {
      address: safe.address,
      sign: async (message) => wrapped(idleFactory, '0x', await safe.sign(message, [owner])),
    });

    expect(answer.status).toBe(200);
  });
});

describe('addresses without code', () => {
  it('given the signature of its own key in a wrapper, when it is verified, then it does not match: a wrapper is for a contract', async () => {
    const account = newAccount();
    const idleFactory = await evm.chain.deployCode(idle);

    const { answer } = await signInHere(service, {
      address: account.address,
      sign: async (message) => wrapped(idleFactory, '0x', await account.signMessage({ message })),
    });

    expect(answer).toMatchObject(mismatch);
  });

  it('given a wrapper that holds nothing readable, when it is verified, then the signature does not match', async () => {
    const { address } = newAccount();
    const magic = `0x${'6492'.repeat(16)}` as const;

    for (const signature of [
      magic,
      concat([noSignature(65), magic]),
      concat([padHex('0xff', { dir: 'right', size: 96 }), magic]),
    ]) {
      expect(await verdictOn(address, signature)).toMatchObject(mismatch);
    }
  });

  it('given the precompiled contracts, of which one answers what it is asked, when anybody signs in as them, then nobody does', async () => {
    const idleFactory = await evm.chain.deployCode(idle);
    const addresses = [...Array.from({ length: 17 }, (_, at) => at + 1), 0x100].map((at) =>
      getAddress(numberToHex(at, { size: 20 })),
    );

    for (const address of addresses) {
      const answers = await Promise.all([
        verdictOn(address, noSignature(65)),
        verdictOn(address, noSignature(96)),
        verdictOn(address, wrapped(idleFactory, '0x', noSignature(65))),
      ]);
      for (const { status, body } of answers) {
        expect(status).toBe(400);
        expect(['signature_mismatch', 'signature_malformed']).toContain(body['reason']);
      }
    }
  });
});
