import { beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { bytesToHex, getAddress } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { addressOf, parseAddress } from './address';
import { loadKeccak256 } from './keccak';

// The test cases of EIP-55.
const vectors = [
  '0x52908400098527886E0F7030069857D2E4169EE7',
  '0x8617E340B3D01FA5F11F306F4090FD50E238070D',
  '0xde709f2102306220921060314715629080e2fb77',
  '0x27b1fdb04752bbc536007a920d24acb045561c26',
  '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
  '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
  '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB',
  '0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb',
];

describe('an address', () => {
  beforeAll(loadKeccak256);

  it.each(vectors)('given %s of EIP-55, when it is read in any of its cases, then it is that address', (vector) => {
    const spellings = [vector, vector.toLowerCase(), `0x${vector.slice(2).toUpperCase()}`];

    const addresses = spellings.map(parseAddress);

    expect(addresses).toEqual([vector, vector, vector]);
  });

  it('given mixed case, when any one letter changes its case, then it is no address', () => {
    const vector = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed';
    const altered = Array.from(vector, (letter, at) => vector.slice(0, at) + swapCase(letter) + vector.slice(at + 1));

    const accepted = altered.filter((each) => each !== vector && parseAddress(each) !== undefined);

    expect(accepted).toEqual([]);
  });

  it.each([
    ['no prefix', '5aaeb6053f3e94c9b9a09f33669435e7ef1beaed'],
    ['the prefix 0X', '0X5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED'],
    ['39 digits', '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae'],
    ['41 digits', '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed0'],
    ['a digit that is none', '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaeg'],
    ['a line break', '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae\n'],
    ['text before it', ' 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed'],
    ['the zero address, whose key nobody has', `0x${'0'.repeat(40)}`],
    ['nothing', ''],
  ])('given %s, when it is read, then it is no address', (_what, text) => {
    const address = parseAddress(text);

    expect(address).toBeUndefined();
  });

  it('given any 20 bytes, when they are read, then the checksum is as viem says', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (bytes) => {
        const text = bytesToHex(bytes);

        expect(parseAddress(text)).toBe(getAddress(text));
      }),
    );
  });

  it('given any public key, when it is asked for its address, then that is as viem says', () => {
    const accounts = Array.from({ length: 50 }, () => privateKeyToAccount(generatePrivateKey()));

    const addresses = accounts.map(({ publicKey }) => addressOf(Buffer.from(publicKey.slice(2), 'hex')));

    expect(addresses).toEqual(accounts.map(({ address }) => address.toLowerCase()));
  });
});

function swapCase(letter: string): string {
  return letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
}
