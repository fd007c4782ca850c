import { engine, InvalidInputError } from 'ox/wasm/Secp256k1';
import { addressOf } from './address';
import { keccak256, loadKeccak256 } from './keccak';
import type { EcdsaSignature } from './signature';

type Engine = Awaited<ReturnType<typeof engine>>;

/** 32 bytes: the hash that a wallet signs for `personal_sign`. Source: EIP-191 version 0x45. */
export function hashMessage(text: string): Uint8Array {
  const prefix = `\x19Ethereum Signed Message:\n${Buffer.byteLength(text)}`;
  return keccak256(Buffer.from(prefix + text));
}

/** Recovers signers with libsecp256k1 in WebAssembly: a tenth of a millisecond each. */
export class SignerRecovery {
  private constructor(private readonly secp256k1: Engine) {}

  /** Compiles the WebAssembly modules of the wallet model, once a process. */
  static async load(): Promise<SignerRecovery> {
    const [secp256k1] = await Promise.all([engine(), loadKeccak256()]);
    return new SignerRecovery(secp256k1);
  }

  /** The address, in lower case, whose key signed these 32 bytes; undefined when no key can have. Source: SEC 1 §4.1.6. */
  recover(hash: Uint8Array, { compact, yParity }: EcdsaSignature): string | undefined {
    const recoverable = new Uint8Array(65);
    recoverable[0] = yParity;
    recoverable.set(compact, 1);
    try {
      return addressOf(this.secp256k1.recoverPublicKey(recoverable, hash));
    } catch (error) {
      if (error instanceof InvalidInputError) return undefined;
      throw error;
    }
  }
}
