import {
  type Address,
  concat,
  encodeAbiParameters,
  encodeFunctionData,
  encodePacked,
  getContractAddress,
  hashMessage,
  hashTypedData,
  type Hex,
  keccak256,
  numberToHex,
  padHex,
  parseAbi,
  serializeErc6492Signature,
  size,
  stringToHex,
  zeroAddress,
} from 'viem';
import { artifactOf, type EvmChain } from './evm-chain';
import type { Account, Signer } from '../clients/wallet';

const safeAbi = parseAbi([
  'function setup(address[] owners, uint256 threshold, address to, bytes data, address fallbackHandler, address paymentToken, uint256 payment, address paymentReceiver)',
  'function createProxyWithNonce(address singleton, bytes initializer, uint256 saltNonce) returns (address)',
  'function swapOwner(address prevOwner, address oldOwner, address newOwner)',
  'function approveHash(bytes32 hashToApprove)',
  'function domainSeparator() view returns (bytes32)',
]);
/** Where the list of owners begins. Source: Safe 1.4.1, OwnerManager.sol. */
const sentinelOwner = '0x0000000000000000000000000000000000000001';
const safeMessageTypes = { SafeMessage: [{ name: 'message', type: 'bytes' }] } as const;

/** Safe 1.4.1, as it is deployed once a chain. */
export interface SafeContracts {
  readonly singleton: Address;
  readonly proxyFactory: Address;
  readonly fallbackHandler: Address;
}

/** Who owns a Safe: an account with a key, or a contract. */
export type Owner = Pick<Account, 'address'>;

const safeArtifact = (path: string) => artifactOf(`@safe-global/safe-contracts/build/artifacts/contracts/${path}.json`);

export async function deploySafeContracts(chain: EvmChain): Promise<SafeContracts> {
  return {
    singleton: await chain.deploy(safeArtifact('Safe.sol/Safe')),
    proxyFactory: await chain.deploy(safeArtifact('proxies/SafeProxyFactory.sol/SafeProxyFactory')),
    fallbackHandler: await chain.deploy(
      safeArtifact('handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler'),
    ),
  };
}

/** A Safe on one chain, deployed or not. */
export class Safe {
  constructor(
    private readonly chain: EvmChain,
    readonly contracts: SafeContracts,
    readonly address: Address,
    /** What its factory is called with to deploy it. */
    readonly factoryData: Hex,
  ) {}

  /** The one that these owners would deploy. Source: Safe 1.4.1, SafeProxyFactory.sol. */
  static of(chain: EvmChain, contracts: SafeContracts, owners: readonly Owner[], threshold = 1, saltNonce = 0n) {
    const initializer = setupOf(contracts, owners, threshold);
    const { bytecode } = safeArtifact('proxies/SafeProxy.sol/SafeProxy');
    const address = getContractAddress({
      opcode: 'CREATE2',
      from: contracts.proxyFactory,
      salt: keccak256(encodePacked(['bytes32', 'uint256'], [keccak256(initializer), saltNonce])),
      bytecode: concat([bytecode, encodeAbiParameters([{ type: 'address' }], [contracts.singleton])]),
    });
    const factoryData = encodeFunctionData({
      abi: safeAbi,
      functionName: 'createProxyWithNonce',
      args: [contracts.singleton, initializer, saltNonce],
    });
    return new Safe(chain, contracts, address, factoryData);
  }

  /** An account with its own key that has become a Safe. Source: EIP-7702. */
  static async delegatedBy(account: Account, chain: EvmChain, contracts: SafeContracts, owner: Owner) {
    await chain.delegate(account, contracts.singleton, setupOf(contracts, [owner], 1));
    return new Safe(chain, contracts, account.address, '0x');
  }

  async deployed(): Promise<this> {
    await this.chain.send({ to: this.contracts.proxyFactory, data: this.factoryData });
    return this;
  }

  /** The signatures of owners, in the order in which a Safe wants them. Source: Safe 1.4.1, Safe.sol checkNSignatures. */
  async sign(message: string, owners: readonly Account[]): Promise<Hex> {
    const sorted = owners.toSorted((one, other) => (one.address.toLowerCase() < other.address.toLowerCase() ? -1 : 1));
    return concat(await Promise.all(sorted.map((owner) => this.signatureBy(owner, hashMessage(message)))));
  }

  /** It signs in by these owners. */
  by(...owners: readonly Account[]): Signer {
    return { address: this.address, sign: (message) => this.sign(message, owners) };
  }

  /** The same as if it was not deployed. */
  wrappedBy(...owners: readonly Account[]): Signer {
    return { address: this.address, sign: async (message) => this.wrap(await this.sign(message, owners)) };
  }

  /** One owner's, of the SafeMessage that holds this hash. Source: Safe 1.4.1, CompatibilityFallbackHandler.sol. */
  async signatureBy(owner: Account, hash: Hex): Promise<Hex> {
    return owner.signTypedData(this.typed(hash));
  }

  /** What an owner who is a Safe signs with, whose owners sign in turn. Source: Safe 1.4.1, Safe.sol, contract signatures. */
  async signThrough(message: string, owner: Safe, owners: readonly Account[]): Promise<Hex> {
    const inner = concat(
      await Promise.all(owners.map((each) => owner.signatureBy(each, this.encoded(hashMessage(message))))),
    );
    const pointer = concat([padHex(owner.address, { size: 32 }), numberToHex(65, { size: 32 }), '0x00']);
    return concat([pointer, numberToHex(size(inner), { size: 32 }), inner]);
  }

  /** An owner approves the message on chain, whereupon everybody can make its signature. */
  async approve(message: string, owner: Account): Promise<Hex> {
    const safeMessageHash = hashTypedData(this.typed(hashMessage(message)));
    const data = encodeFunctionData({ abi: safeAbi, functionName: 'approveHash', args: [safeMessageHash] });
    await this.chain.sendAs(owner.address, this.address, data);
    return concat([padHex(owner.address, { size: 32 }), numberToHex(0, { size: 32 }), '0x01']);
  }

  async swapFirstOwner(owner: Address, successor: Address): Promise<void> {
    const args = [sentinelOwner, owner, successor] as const;
    await this.chain.sendAs(
      this.address,
      this.address,
      encodeFunctionData({ abi: safeAbi, functionName: 'swapOwner', args }),
    );
  }

  /** With what a verifier needs to deploy it first. Source: ERC-6492. */
  wrap(signature: Hex): Hex {
    return wrapped(this.contracts.proxyFactory, this.factoryData, signature);
  }

  private typed(hash: Hex) {
    return {
      domain: { chainId: this.chain.id, verifyingContract: this.address },
      types: safeMessageTypes,
      primaryType: 'SafeMessage',
      message: { message: hash },
    } as const;
  }

  /** What is hashed: the bytes that a Safe hands on to an owner who is a contract. Source: EIP-712. */
  private encoded(hash: Hex): Hex {
    const separator = keccak256(
      encodeAbiParameters(
        [{ type: 'bytes32' }, { type: 'uint256' }, { type: 'address' }],
        [
          keccak256(stringToHex('EIP712Domain(uint256 chainId,address verifyingContract)')),
          BigInt(this.chain.id),
          this.address,
        ],
      ),
    );
    const struct = encodeAbiParameters(
      [{ type: 'bytes32' }, { type: 'bytes32' }],
      [keccak256(stringToHex('SafeMessage(bytes message)')), keccak256(hash)],
    );
    return concat(['0x1901', separator, keccak256(struct)]);
  }
}

/** A signature with what a verifier calls first if the account has no code. Source: ERC-6492. */
export function wrapped(factoryAddress: Address, factoryData: Hex, signature: Hex): Hex {
  return serializeErc6492Signature({ address: factoryAddress, data: factoryData, signature });
}

/** What a contract with the code `factory` creates of this creation code. */
export function createdBy(factoryAddress: Address, creation: Hex): Address {
  return getContractAddress({
    opcode: 'CREATE2',
    from: factoryAddress,
    salt: padHex('0x', { size: 32 }),
    bytecode: creation,
  });
}

/** The artifacts of ERC-4337's own accounts, version 0.8. */
export const accountAbstraction = (name: string) => artifactOf(`@account-abstraction/contracts/artifacts/${name}.json`);

function setupOf({ fallbackHandler }: SafeContracts, owners: readonly Owner[], threshold: number): Hex {
  const addresses = owners.map(({ address }) => address);
  return encodeFunctionData({
    abi: safeAbi,
    functionName: 'setup',
    args: [addresses, BigInt(threshold), zeroAddress, '0x', fallbackHandler, zeroAddress, 0n, zeroAddress],
  });
}
