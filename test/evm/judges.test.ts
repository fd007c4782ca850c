import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  type Address,
  bytesToHex,
  compactSignatureToSignature,
  concat,
  type Hex,
  hexToBytes,
  isAddressEqual,
  parseCompactSignature,
  parseSignature,
  recoverMessageAddress,
  serializeCompactSignature,
  serializeSignature,
  signatureToCompactSignature,
  size,
} from 'viem';
import { Safe, wrapped } from '../support/evm/contract-accounts';
import { type Evm, safeOf, signInHere, startEvm, startServiceOnEvm } from '../support/evm/evm';
import { answering, magicWord } from '../support/evm/hostile-contracts';
import { fixture } from '../support/run/fixture';
import { type Account, keySigner, newAccount, type Signer } from '../support/clients/wallet';
import { fewerRuns } from '../support/run/property-runs';

/** An account, and the right and wrong ways in which a message may be signed for it. */
interface Judged {
  readonly address: Hex;
  readonly ways: readonly Signer['sign'][];
}

const [first, second, third, stranger] = [newAccount(), newAccount(), newAccount(), newAccount()];
const owners = [first, second, third];
const byKey = (account: Account) => keySigner(account).sign;

const ofOne = (safe: Safe): Judged => ({
  address: safe.address,
  ways: [safe.by(first).sign, safe.by(first).sign, safe.by(stranger).sign, byKey(first)],
});
const ofThree = (safe: Safe): Judged => ({
  address: safe.address,
  ways: [[first, second], [second, third], [first, second, third], [first], [first, stranger]].map(
    (some) => safe.by(...some).sign,
  ),
});
const inWrapperOf = (safe: Safe, { address, ways }: Judged): Judged => ({
  address,
  ways: ways.map((sign) => async (message) => safe.wrap(await sign(message))),
});

const kinds: readonly [kind: string, of: (evm: Evm) => Promise<Judged>][] = [
  [
    'an own key',
    async () => {
      const own = newAccount();
      return { address: own.address, ways: [byKey(own), byKey(own), byKey(stranger)] };
    },
  ],
  ['a Safe of 1', async (evm) => ofOne(await safeOf(evm, [first]).deployed())],
  ['a Safe of 2 of 3', async (evm) => ofThree(await safeOf(evm, owners, 2).deployed())],
  [
    'a Safe that is not deployed',
    async (evm) => {
      const safe = safeOf(evm, [first], 1, 1n);
      return inWrapperOf(safe, ofOne(safe));
    },
  ],
  ['a Safe that is not deployed, without its wrapper', async (evm) => ofOne(safeOf(evm, [first], 1, 2n))],
  [
    'a Safe of 2 of 3 that is not deployed',
    async (evm) => {
      const safe = safeOf(evm, owners, 2, 3n);
      return inWrapperOf(safe, ofThree(safe));
    },
  ],
  [
    'a Safe in the wrapper of another',
    async (evm) => {
      const safe = await safeOf(evm, [first], 1, 4n).deployed();
      return inWrapperOf(safeOf(evm, owners, 2, 5n), ofOne(safe));
    },
  ],
  [
    'an account that delegates',
    async (evm) => {
      const account = newAccount();
      const safe = await Safe.delegatedBy(account, evm.chain, evm.safes, first);
      return { address: account.address, ways: [...ofOne(safe).ways, byKey(account)] };
    },
  ],
  [
    'a contract that says yes',
    async (evm) => ({ address: await evm.chain.deployCode(answering(magicWord)), ways: [byKey(stranger)] }),
  ],
];

const bytesOf = (signature: Hex, from: number, to?: number) => bytesToHex(hexToBytes(signature).slice(from, to));

/** The 64 bytes of EIP-2098, of what has 65. */
const compactOf = (signature: Hex) =>
  size(signature) === 65
    ? serializeCompactSignature(signatureToCompactSignature(parseSignature(signature)))
    : signature;

/** viem takes a key's signature by its 65 bytes alone; by the 64 of EIP-2098 it is as right. */
async function isRightCompact(address: Address, message: string, signature: Hex): Promise<boolean> {
  if (size(signature) !== 64) return false;
  const whole = serializeSignature(compactSignatureToSignature(parseCompactSignature(signature)));
  return recoverMessageAddress({ message, signature: whole }).then(
    (recovered) => isAddressEqual(recovered, address),
    () => false,
  );
}

/** What is done to a signature on its way; a third of them arrive as they were sent. */
const alteration: fc.Arbitrary<(signature: Hex) => Hex> = fc.oneof(
  { weight: 4, arbitrary: fc.constant((signature: Hex) => signature) },
  fc.tuple(fc.nat(), fc.nat(7)).map(([at, bit]) => (signature: Hex) => {
    const bytes = hexToBytes(signature);
    const place = at % bytes.length;
    return bytesToHex(bytes.with(place, (bytes[place] ?? 0) ^ (1 << bit)));
  }),
  fc.nat().map((length) => (signature: Hex) => bytesOf(signature, 0, length % size(signature))),
  fc
    .uint8Array({ minLength: 1, maxLength: 70 })
    .map((more) => (signature: Hex) => concat([signature, bytesToHex(more)])),
  fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => () => bytesToHex(bytes)),
  fc
    .constantFrom<Hex>('0x00', '0x01', '0x1b', '0x1c', '0x1d', '0x1f', '0x20')
    .map((v) => (signature: Hex) => concat([bytesOf(signature, 0, -1), v])),
  fc.constant((signature: Hex) => concat([bytesOf(signature, 65), bytesOf(signature, 0, 65)])),
  fc.constant(compactOf),
  fc.constant((signature: Hex) => wrapped(stranger.address, '0x', signature)),
  fc.constant((signature: Hex) => wrapped(stranger.address, '0x', wrapped(stranger.address, '0x', signature))),
);

describe('our verdict and that of viem', () => {
  const evm = fixture(startEvm);
  const service = fixture(() => startServiceOnEvm('lmdb', evm));

  it.each(kinds)(
    'given signatures of %s, right, wrong and altered, when both judge them, then both say the same',
    async (kind, of) => {
      const { address, ways } = await of(evm);

      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...ways), alteration, async (way, alter) => {
          const sign = async (message: string) => alter(await way(message));
          const { challenge, signature, answer } = await signInHere(service, { address, sign });
          const { message } = challenge;
          const judged =
            (await evm.chain.client.verifyMessage({ address, message, signature })) ||
            (await isRightCompact(address, message, signature));

          if (answer.status !== 200) {
            expect(answer.status).toBe(400);
            expect(['signature_mismatch', 'signature_malformed', 'signature_invalid']).toContain(answer.body['reason']);
          }
          // A key's second spellings, and whatever is under 32 bytes, are refused for their form, whoever would take them.
          const isLax =
            answer.body['reason'] === 'signature_malformed' && (kind === 'an own key' || size(signature) < 32);
          expect([answer.status === 200, signature]).toEqual([judged && !isLax, signature]);
        }),
        fewerRuns(50),
      );
    },
  );
});
