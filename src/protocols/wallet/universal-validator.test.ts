import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  encodeDeployData,
  erc6492SignatureValidatorAbi,
  erc6492SignatureValidatorByteCode,
  getAddress,
  toHex,
} from 'viem';
import { isWrapped, isYes, validatorRequest } from './universal-validator';

const bytes = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength });

describe('the universal validator', () => {
  it('given any account, hash and signature, when it is called, then with the program and arguments that viem deploys', () => {
    fc.assert(
      fc.property(bytes(20), bytes(32), bytes(0, 600), (account, hash, signature) => {
        const wallet = getAddress(toHex(account));

        const { method, params } = validatorRequest(wallet, hash, toHex(signature));

        const data = encodeDeployData({
          abi: erc6492SignatureValidatorAbi,
          bytecode: erc6492SignatureValidatorByteCode,
          args: [wallet, toHex(hash), toHex(signature)],
        });
        expect(method).toBe('eth_call');
        // 10 million.
        expect(params).toEqual([{ data, gas: '0x989680' }, 'latest']);
      }),
    );
  });

  it.each([
    ['0x01', true],
    ['0x00', false],
    [undefined, false],
  ])('given the answer %s, when it is read, then its yes is %s', (answer, expected) => {
    expect(isYes(answer)).toBe(expected);
  });

  it.each(['0x', '0x0100', '0x02', `0x${'00'.repeat(31)}01`, '0x1', '01', '0x01 ', ' 0x01'])(
    'given %j, when a node answers it, then it is no answer of the validator',
    (answer) => {
      const { result } = validatorRequest(`0x${'11'.repeat(20)}`, new Uint8Array(32), '0x');

      expect(result.test(answer)).toBe(false);
    },
  );

  it.each([
    ['6492'.repeat(16), true],
    [`${'ab'.repeat(100)}${'6492'.repeat(16)}`, true],
    ['6492'.repeat(15), false],
    [`${'6492'.repeat(16)}00`, false],
    ['', false],
  ])('given the signature 0x%s, when its end is looked at, then it is wrapped: %s', (signature, expected) => {
    expect(isWrapped(`0x${signature}`)).toBe(expected);
  });
});
