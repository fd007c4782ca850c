import { beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  bytesToHex,
  concat,
  hashMessage as hashWithViem,
  type Hex,
  numberToHex,
  parseSignature as parseWithViem,
  recoverMessageAddress,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { parseSignature } from './signature';
import { hashMessage, SignerRecovery } from './signer-recovery';
import { fewerRuns } from '../../../test/support/run/property-runs';

const n = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const half = n / 2n;

const sample = { r: 2n, s: 3n, v: 27 };
const encode = ({ r, s, v }: typeof sample) => concat([word(r), word(s), numberToHex(v, { size: 1 })]);
const word = (value: bigint) => numberToHex(value, { size: 32 });

describe('a signature', () => {
  let signers: SignerRecovery;

  beforeAll(async () => {
    signers = await SignerRecovery.load();
  });

  /** In lower case. */
  const recover = (text: string, hex: string) => {
    const signature = parseSignature(hex);
    return signature && signers.recover(hashMessage(text), signature);
  };

  it('given the signature of the documentation of web3.js, when it is recovered, then it is by its account', () => {
    const signature =
      '0xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c';

    const signer = recover('Some data', signature);

    expect(signer).toBe('0x2c7536e3605d9c16a7a3d7b1898e529396a65c23');
  });

  it.each([
    {
      message: 'Hello World',
      r: '0x68a020a209d3d56c46f38cc50a33f704f4a9a10a59377f8dd762ac66910e9b90',
      s: '0x7e865ad05c4035ab5792787d4a0297a43617ae897930a6fe4d822b8faea52064',
      v: '0x1b',
      yParityAndS: '0x7e865ad05c4035ab5792787d4a0297a43617ae897930a6fe4d822b8faea52064',
    },
    {
      message: "It's a small(er) world",
      r: '0x9328da16089fcba9bececa81663203989f2df5fe1faa6291a45381c81bd17f76',
      s: '0x139c6d6b623b42da56557e5e734a43dc83345ddfadec52cbe24d0cc64f550793',
      v: '0x1c',
      yParityAndS: '0x939c6d6b623b42da56557e5e734a43dc83345ddfadec52cbe24d0cc64f550793',
    },
  ] as const)('given "$message" of EIP-2098, when both forms are recovered, then both are by its account', (vector) => {
    const key = '0x1234567890123456789012345678901234567890123456789012345678901234';
    const { address } = privateKeyToAccount(key);

    const long = recover(vector.message, concat([vector.r, vector.s, vector.v]));
    const compact = recover(vector.message, concat([vector.r, vector.yParityAndS]));

    expect([long, compact]).toEqual([address.toLowerCase(), address.toLowerCase()]);
  });

  it.each([
    ['Some data', '0x1da44b586eb0729ff70a73c326926f6ed5a25f5b056e7f47fbc6e58d86871655'],
    ['Hello World', '0xa1de988600a42c4b4ab089b619297c17d53cffae5d5120d82d8a92d0bb3b78f2'],
  ])('given "%s" of the documentations, when it is hashed, then it is their hash', (text, expected) => {
    const hash = hashMessage(text);

    expect(bytesToHex(hash)).toBe(expected);
  });

  it('given any text, when it is hashed, then it is the hash of EIP-191, as viem says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), (text) => {
        expect(bytesToHex(hashMessage(text))).toBe(hashWithViem(text));
      }),
    );
  });

  it.each([
    [0, 0],
    [1, 1],
    [27, 0],
    [28, 1],
  ])('given v = %i, when it is read, then the parity is %i', (v, yParity) => {
    const signature = parseSignature(encode({ ...sample, v }));

    expect(signature?.yParity).toBe(yParity);
  });

  it('given any other v, when it is read, then it is malformed', () => {
    const others = Array.from({ length: 256 }, (_, v) => v).filter((v) => ![0, 1, 27, 28].includes(v));

    const accepted = others.filter((v) => parseSignature(encode({ ...sample, v })) !== undefined);

    expect(accepted).toEqual([]);
  });

  it.each([
    ['r = 1 and s = 1', { ...sample, r: 1n, s: 1n }],
    ['r = n - 1', { ...sample, r: n - 1n }],
    ['s = n / 2', { ...sample, s: half }],
  ])('given %s, when it is read, then it is in range', (_what, signature) => {
    const parsed = parseSignature(encode(signature));

    expect(parsed).toBeDefined();
  });

  it.each([
    ['r = 0', { ...sample, r: 0n }],
    ['r = n', { ...sample, r: n }],
    ['r = 2^256 - 1', { ...sample, r: 2n ** 256n - 1n }],
    ['s = 0', { ...sample, s: 0n }],
    ['s = n / 2 + 1', { ...sample, s: half + 1n }],
    ['s = n - 1', { ...sample, s: n - 1n }],
    ['s = n', { ...sample, s: n }],
    ['s = 2^256 - 1', { ...sample, s: 2n ** 256n - 1n }],
    ['s = 0 by EIP-2098', { r: 2n, yParityAndS: 2n ** 255n }],
    ['high s by EIP-2098', { r: 2n, yParityAndS: half + 1n }],
    ['r = n by EIP-2098', { r: n, yParityAndS: 3n }],
  ])('given %s, when it is read, then it is malformed', (_what, values) => {
    const hex = 'v' in values ? encode(values) : concat([word(values.r), word(values.yParityAndS)]);

    expect(parseSignature(hex)).toBeUndefined();
  });

  it('given any number of bytes but 64 and 65, when they are read, then they are malformed', () => {
    const lengths = Array.from({ length: 200 }, (_, length) => length).filter((length) => ![64, 65].includes(length));

    const accepted = lengths.filter(
      (length) => parseSignature(bytesToHex(new Uint8Array(length).fill(1))) !== undefined,
    );

    expect(accepted).toEqual([]);
  });

  it('given hex without 0x before it and with 0x behind it, when it is read, then it is malformed', () => {
    const [, digits = ''] = concat([word(2n), word(3n)]).split('0x');

    const parsed = parseSignature(`00${digits}0x`);

    expect(parsed).toBeUndefined();
  });

  it('given an r that is on no curve point, when it is recovered, then there is no signer', () => {
    const signature = encode({ ...sample, r: 5n });

    const signer = recover('text', signature);

    expect(signer).toBeUndefined();
  });

  it('given any key and text, when its signature is recovered, then it is its account, as viem says', async () => {
    const key = fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .filter((bytes) => bytes.some((byte) => byte > 0) && bytes[0] !== 0xff);
    await fc.assert(
      fc.asyncProperty(key, fc.string({ unit: 'binary' }), async (bytes, message) => {
        const account = privateKeyToAccount(bytesToHex(bytes));
        const signature = await account.signMessage({ message });

        expect(recover(message, signature)).toBe(account.address.toLowerCase());
        expect(recover(message, compactOf(signature))).toBe(account.address.toLowerCase());
      }),
      fewerRuns(100),
    );
  });

  it('given any r, s and v that we accept, when viem recovers them too, then both say the same', async () => {
    const scalar = fc.bigInt({ min: 1n, max: half });
    await fc.assert(
      fc.asyncProperty(scalar, scalar, fc.constantFrom(27, 28), fc.string(), async (r, s, v, message) => {
        const signature = encode({ r, s, v });
        const expected = await recoverMessageAddress({ message, signature }).catch(() => undefined);

        expect(recover(message, signature)).toBe(expected?.toLowerCase());
      }),
    );
  });

  it('given any text, when it is read, then it is read or refused, and never throws', () => {
    const hex = fc.uint8Array({ minLength: 60, maxLength: 70 }).map((bytes) => bytesToHex(bytes));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), hex), (text) => {
        recover('text', text);
      }),
    );
  });
});

/** The 64 bytes of EIP-2098 for the 65 of a signature. */
function compactOf(signature: Hex): Hex {
  const { r, s, yParity } = parseWithViem(signature);
  return concat([r, word(BigInt(s) + (yParity === 1 ? 2n ** 255n : 0n))]);
}
