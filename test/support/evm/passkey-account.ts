import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import {
  type Address,
  bytesToBigInt,
  bytesToHex,
  encodeAbiParameters,
  encodeFunctionData,
  type Hex,
  hashMessage,
  hexToBytes,
  parseAbi,
  stringToHex,
} from 'viem';
import { wrapped } from './contract-accounts';
import { artifactOf, type EvmChain } from './evm-chain';

const factoryAbi = parseAbi([
  'function createSigner(uint256 x, uint256 y, uint176 verifiers) returns (address)',
  'function getSigner(uint256 x, uint256 y, uint176 verifiers) view returns (address)',
]);
/** The precompiled contract of EIP-7951 alone, with none to fall back on. Source: Safe Passkey 0.2.0, P256.sol. */
const verifiers = 0x0100n << 160n;
/** Source: SEC 2 §2.4.2. */
const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const clientDataFields = '"origin":"http://localhost:3000","crossOrigin":false';

export async function deployPasskeyFactory(chain: EvmChain): Promise<Address> {
  const path = '@safe-global/safe-passkey/build/artifacts/contracts/SafeWebAuthnSignerFactory.sol';
  return chain.deploy(artifactOf(`${path}/SafeWebAuthnSignerFactory.json`));
}

/** A passkey whose account is the contract that verifies it: Safe's, deployed or not. */
export class PasskeyAccount {
  private constructor(
    private readonly chain: EvmChain,
    private readonly factory: Address,
    private readonly privateKey: KeyObject,
    readonly address: Address,
    private readonly factoryData: Hex,
  ) {}

  static async of(chain: EvmChain, factory: Address): Promise<PasskeyAccount> {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    const args = [coordinate(x), coordinate(y), verifiers] as const;
    const address = await chain.client.readContract({
      address: factory,
      abi: factoryAbi,
      functionName: 'getSigner',
      args,
    });
    const factoryData = encodeFunctionData({ abi: factoryAbi, functionName: 'createSigner', args });
    return new PasskeyAccount(chain, factory, privateKey, address, factoryData);
  }

  async deployed(): Promise<this> {
    await this.chain.send({ to: this.factory, data: this.factoryData });
    return this;
  }

  /** What an authenticator answers whose challenge is the hash of the message. Source: WebAuthn Level 2 §6.3.3, §5.8.1. */
  async sign(message: string): Promise<Hex> {
    const challenge = Buffer.from(hexToBytes(hashMessage(message))).toString('base64url');
    const clientData = `{"type":"webauthn.get","challenge":"${challenge}",${clientDataFields}}`;
    // The user is present and verified; nothing was counted.
    const authenticatorData = Buffer.concat([sha256('localhost'), Buffer.from([0x05, 0, 0, 0, 0])]);
    const signed = Buffer.concat([authenticatorData, sha256(clientData)]);
    const bytes = sign('sha256', signed, { key: this.privateKey, dsaEncoding: 'ieee-p1363' });
    const [r, s] = [bytesToBigInt(bytes.subarray(0, 32)), bytesToBigInt(bytes.subarray(32))];
    return encodeAbiParameters(
      [{ type: 'bytes' }, { type: 'bytes' }, { type: 'uint256' }, { type: 'uint256' }],
      // The contract takes the low s alone.
      [bytesToHex(authenticatorData), stringToHex(clientDataFields), r, s > n / 2n ? n - s : s],
    );
  }

  wrap(signature: Hex): Hex {
    return wrapped(this.factory, this.factoryData, signature);
  }
}

function coordinate(text: string): bigint {
  return bytesToBigInt(Buffer.from(text, 'base64url'));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
