import { engine as hashEngine } from 'ox/wasm/Hash';
import { engine as secp256k1Engine } from 'ox/wasm/Secp256k1';

type Hash = Awaited<ReturnType<typeof hashEngine>>;
type Curve = Awaited<ReturnType<typeof secp256k1Engine>>;

const halfOfN = Buffer.from('7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0', 'hex');

/** Addresses and who signed, by ox's WebAssembly alone. */
export class Accounts {
  private constructor(
    private readonly hash: Hash,
    private readonly curve: Curve,
  ) {}

  static async load(): Promise<Accounts> {
    return new Accounts(await hashEngine(), await secp256k1Engine());
  }

  /** The address in EIP-55; undefined when it is none, or its checksum is wrong. */
  checksummed(text: unknown): string | undefined {
    if (typeof text !== 'string' || !/^0x[0-9a-fA-F]{40}$/.test(text)) return undefined;
    const lower = text.slice(2).toLowerCase();
    const hash = Buffer.from(this.hash.keccak256(Buffer.from(lower))).toString('hex');
    const upper = (digit: string, at: number) => (parseInt(hash[at] ?? '0', 16) > 7 ? digit.toUpperCase() : digit);
    const address = `0x${Array.from(lower, upper).join('')}`;
    const isUnmixed = text.slice(2) === lower || text.slice(2) === lower.toUpperCase();
    return isUnmixed || text === address ? address : undefined;
  }

  /** Who signed the message, 40 hex digits; undefined for what is no signature, or one with a high `s`. Source: EIP-191. */
  recover(message: string, signature: unknown): { address: string; messageHash: string } | undefined {
    if (typeof signature !== 'string' || !/^0x[0-9a-fA-F]{130}$/.test(signature)) return undefined;
    const bytes = Buffer.from(signature.slice(2), 'hex');
    const v = bytes[64] ?? 0;
    const parity = v >= 27 ? v - 27 : v;
    if (parity > 1 || bytes.compare(halfOfN, 0, 32, 32, 64) > 0) return undefined;
    const text = Buffer.from(message);
    const prefix = Buffer.from(`\x19Ethereum Signed Message:\n${text.length}`);
    const digest = this.hash.keccak256(Buffer.concat([prefix, text]));
    const recoverable = Buffer.concat([Uint8Array.of(parity), bytes.subarray(0, 64)]);
    try {
      const publicKey = this.curve.recoverPublicKey(recoverable, digest);
      const address = this.hash.keccak256(publicKey.subarray(1)).subarray(12);
      return { address: Buffer.from(address).toString('hex'), messageHash: Buffer.from(digest).toString('base64url') };
    } catch {
      return undefined;
    }
  }
}
