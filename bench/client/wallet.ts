import { randomBytes } from 'node:crypto';
import { engine as hashEngine } from 'ox/wasm/Hash';
import { engine as secp256k1Engine } from 'ox/wasm/Secp256k1';
import type { Answer, Connection } from './connection';
import { type LoginModel, Refused } from './login-model';

interface Wallet {
  readonly key: Uint8Array;
  readonly address: string;
}

interface SignedChallenge {
  readonly nonce: string;
  readonly message: string;
  readonly signature: string;
}

type Engines = { hash: Awaited<ReturnType<typeof hashEngine>>; curve: Awaited<ReturnType<typeof secp256k1Engine>> };

/** Sign-In with Ethereum: `POST /wallet/challenge`, a signature, `POST /wallet/verify`. */
export class WalletLogin implements LoginModel<Wallet, SignedChallenge> {
  private constructor(private readonly engines: Engines) {}

  /** Compiles libsecp256k1, so that the client keeps up with a server on another core. */
  static async load(): Promise<WalletLogin> {
    return new WalletLogin({ hash: await hashEngine(), curve: await secp256k1Engine() });
  }

  async arrive(): Promise<Wallet> {
    const key = randomBytes(32);
    const publicKey = this.engines.curve.getPublicKey(key);
    const address = this.engines.hash.keccak256(publicKey.subarray(1)).subarray(12);
    // In lower case, which has no checksum to be wrong. Source: EIP-55.
    return { key, address: `0x${Buffer.from(address).toString('hex')}` };
  }

  begin(connection: Connection, wallet: Wallet): Promise<SignedChallenge> {
    return this.challenged(connection, wallet, '/wallet/challenge');
  }

  /** The challenge of an endpoint, signed. Throws: {@link Refused}. */
  async challenged(
    connection: Connection,
    { key, address }: Wallet,
    path: string,
    { fields = {}, headers = {} }: { fields?: object; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<SignedChallenge> {
    const answer = await connection.postJson(path, { ...fields, address, chainId: 1 }, headers);
    if (answer.status !== 201) throw new Refused('challenge', answer);
    const { nonce, message } = JSON.parse(answer.body) as { nonce: string; message: string };
    return { nonce, message, signature: this.sign(message, key) };
  }

  async redeem(connection: Connection, { nonce, signature }: SignedChallenge): Promise<Answer> {
    return connection.postJson('/wallet/verify', { nonce, signature });
  }

  forged(challenge: SignedChallenge): SignedChallenge {
    return { ...challenge, signature: this.sign(challenge.message, randomBytes(32)) };
  }

  /** Source: EIP-191 version 0x45. */
  private sign(message: string, key: Uint8Array): string {
    const text = Buffer.from(message);
    const prefix = Buffer.from(`\x19Ethereum Signed Message:\n${text.length}`);
    const digest = this.engines.hash.keccak256(Buffer.concat([prefix, text]));
    const [parity = 0, ...compact] = this.engines.curve.sign(digest, key, { prehash: false, extraEntropy: false });
    return `0x${Buffer.from([...compact, 27 + parity]).toString('hex')}`;
  }
}
