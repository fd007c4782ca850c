import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  type Abi,
  type Address,
  concat,
  createTestClient,
  defineChain,
  encodeDeployData,
  type Hex,
  hexToBytes,
  http,
  parseEther,
  publicActions,
  size,
  walletActions,
  zeroAddress,
} from 'viem';
import { eventually } from '../run/eventually';
import { assemble } from './evm-assembler';
import { freePort } from '../run/free-port';
import { type Account, newAccount } from '../clients/wallet';

/** All that a chain holds. */
export interface ChainState {
  readonly blockNumber: number;
  /** Address → nonce, balance, code and storage. */
  readonly accounts: Readonly<Record<string, unknown>>;
}

/** What is sent to a chain; without `to` it creates a contract. */
export interface Transaction {
  readonly to?: Address;
  readonly data?: Hex;
  readonly delegation?: { readonly account: Account; readonly to: Address };
}

type Client = ReturnType<typeof connect>;

/** An EVM chain of its own: anvil in a process, which mines each transaction at once. */
export class EvmChain {
  private constructor(
    readonly id: number,
    /** Of its JSON-RPC endpoint. */
    readonly url: string,
    readonly client: Client,
    private readonly node: ChildProcess,
  ) {}

  /** Contracts that are deployed in the same order have the same addresses on every chain: all share one deployer. */
  static async start(id: number, deployer: Account): Promise<EvmChain> {
    const { node, url } = await startAnvil(id);
    const client = connect(id, url, deployer);
    await client.setBalance({ address: deployer.address, value: parseEther('1000') });
    return new EvmChain(id, url, client, node);
  }

  async stop(): Promise<void> {
    if (this.node.exitCode === null && this.node.kill()) await once(this.node, 'exit');
  }

  /** Sends a transaction and returns what it created, if anything. Rejects when it reverts. */
  async send({ to, data, delegation }: Transaction): Promise<Address | undefined> {
    const hash = await this.client.sendTransaction({
      nonce: await this.nonceOf(this.client.account.address),
      ...(to !== undefined && { to }),
      ...(data !== undefined && { data }),
      ...(delegation !== undefined && {
        authorizationList: [
          await this.client.signAuthorization({ account: delegation.account, contractAddress: delegation.to }),
        ],
      }),
    });
    const { status, contractAddress } = await this.receiptOf(hash);
    if (status !== 'success') throw new Error(`the transaction reverted: ${data?.slice(0, 10)}`);
    return contractAddress ?? undefined;
  }

  /** One transaction follows another; what viem asks for counts one that was just mined twice while the pool still has it. */
  private nonceOf(address: Address): Promise<number> {
    return this.client.getTransactionCount({ address, blockTag: 'latest' });
  }

  /** Asked for again and again: viem asks once a block, and where one was mined before it looked, no other may come. */
  private async receiptOf(hash: Hex) {
    const isMined = async () =>
      this.client.getTransactionReceipt({ hash }).then(
        () => true,
        () => false,
      );
    await eventually(isMined, { withinMs: 60_000, everyMs: 20 });
    return this.client.getTransactionReceipt({ hash });
  }

  /** As the account itself would, a contract too. */
  async sendAs(account: Address, to: Address, data: Hex): Promise<void> {
    await this.client.setBalance({ address: account, value: parseEther('1') });
    await this.client.impersonateAccount({ address: account });
    const hash = await this.client.sendTransaction({ account, to, data, nonce: await this.nonceOf(account) });
    const { status } = await this.receiptOf(hash);
    await this.client.stopImpersonatingAccount({ address: account });
    if (status !== 'success') throw new Error(`the transaction of ${account} reverted: ${data.slice(0, 10)}`);
  }

  /** Deploys what a compiler made. */
  async deploy({ abi, bytecode }: Artifact, args: readonly unknown[] = []): Promise<Address> {
    return this.create(encodeDeployData({ abi, bytecode, args }));
  }

  /** Deploys a contract of exactly this code. */
  async deployCode(code: Hex): Promise<Address> {
    return this.create(creationCode(code));
  }

  /** Lets the account's code be that of a contract. Source: EIP-7702. */
  async delegate(account: Account, to: Address, data: Hex = '0x'): Promise<void> {
    await this.send({ to: account.address, data, delegation: { account, to } });
  }

  /** Source: EIP-7702, section Behavior, the delegation to the zero address. */
  async withdrawDelegation(account: Account): Promise<void> {
    await this.delegate(account, zeroAddress);
  }

  async state(): Promise<ChainState> {
    const dumped = JSON.parse(gunzipSync(hexToBytes(await this.client.dumpState())).toString());
    return { blockNumber: dumped.best_block_number, accounts: dumped.accounts };
  }

  private async create(data: Hex): Promise<Address> {
    const address = await this.send({ data });
    if (address === undefined) throw new Error('no contract was created');
    return address;
  }
}

/** What a compiler makes of a contract. */
export interface Artifact {
  readonly abi: Abi;
  readonly bytecode: Hex;
}

/** Of a package that publishes what its contracts were compiled to. */
export function artifactOf(path: string): Artifact {
  const { abi, bytecode }: Artifact = require(path);
  return { abi, bytecode };
}

/** The code that creates a contract of this code. */
export function creationCode(code: Hex): Hex {
  return concat([creationHeader(size(creationHeader(0))), code]);
}

/** Answers what stands behind its own bytes. */
function creationHeader(length: number): Hex {
  return assemble([length, 'CODESIZE', 'SUB', 'DUP1', length, 0, 'CODECOPY', 0, 'RETURN']);
}

/** Two chains with the same deployer. */
export async function startChains(one: number, other: number): Promise<[EvmChain, EvmChain]> {
  const deployer = newAccount();
  return Promise.all([EvmChain.start(one, deployer), EvmChain.start(other, deployer)]);
}

function connect(id: number, url: string, account: Account) {
  const chain = defineChain({
    id,
    name: `test chain ${id}`,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  });
  return createTestClient({ mode: 'anvil', chain, account, transport: http(url), pollingInterval: 10 })
    .extend(publicActions)
    .extend(walletActions);
}

/** The program itself: the package's own script starts it as a child, which would stay when that is killed. */
function anvilBinary(): string {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const directory = dirname(require.resolve(`@foundry-rs/anvil-${process.platform}-${architecture}/package.json`));
  return join(directory, 'bin', process.platform === 'win32' ? 'anvil.exe' : 'anvil');
}

/** Returns when it answers. */
async function startAnvil(id: number): Promise<{ node: ChildProcess; url: string }> {
  const port = await freePort();
  const options = ['--port', String(port), '--chain-id', String(id), '--hardfork', 'osaka', '--quiet'];
  const node = spawn(anvilBinary(), options, { stdio: 'ignore' });
  // A suite that fails before it has its chain must neither wait for the process nor leave it behind.
  node.unref();
  process.once('exit', () => node.kill());
  const url = `http://127.0.0.1:${port}`;
  const listens = () =>
    fetch(url, { method: 'POST' }).then(
      () => true,
      () => false,
    );
  await eventually(listens, { withinMs: 30_000, everyMs: 10 });
  return { node, url };
}
