import { type Address, type Hex, pad, toHex } from 'viem';
import type { IssuedChallenge } from '../../../src/protocols/wallet/issued-challenge.openapi';
import { deploySafeContracts, type SafeContracts } from './contract-accounts';
import { type EvmChain, startChains } from './evm-chain';
import { deployPasskeyFactory } from './passkey-account';
import { RpcProxy } from './rpc-proxy';
import { startService, type TestService } from '../service/service';
import type { StoreName } from '../stores/stores';
import { type Answer, challengeFor, post } from '../clients/wallet';

/** Neither is a real chain's. */
export const chainId = 31_337;
export const otherChainId = 31_338;
/** One that may sign in, without RPC. */
export const chainWithoutRpc = 31_339;

/** Two chains with Safe's contracts at the same addresses, each behind a proxy that counts. */
export interface Evm {
  readonly chain: EvmChain;
  readonly otherChain: EvmChain;
  readonly proxy: RpcProxy;
  readonly otherProxy: RpcProxy;
  readonly safes: SafeContracts;
  readonly passkeyFactory: Address;
  stop(): Promise<void>;
}

export async function startEvm(): Promise<Evm> {
  const [chain, otherChain] = await startChains(chainId, otherChainId);
  const [safes] = await Promise.all([deploySafeContracts(chain), deploySafeContracts(otherChain)]);
  const passkeyFactory = await deployPasskeyFactory(chain);
  const proxy = await RpcProxy.to(chain.url);
  const otherProxy = await RpcProxy.to(otherChain.url);
  return {
    chain,
    otherChain,
    proxy,
    otherProxy,
    safes,
    passkeyFactory,
    stop: async () => {
      await Promise.all([proxy.stop(), otherProxy.stop(), chain.stop(), otherChain.stop()]);
    },
  };
}

/** A service that knows both chains, and one more without RPC. */
export async function startServiceOnEvm(
  store: StoreName,
  { proxy, otherProxy }: Evm,
  env: Readonly<Record<string, string>> = {},
): Promise<TestService> {
  return startService(store, {
    EVM_RPC_URLS: `${chainId}=${proxy.url},${otherChainId}=${otherProxy.url}`,
    EVM_CHAINS: `${chainId},${otherChainId},${chainWithoutRpc}`,
    ...env,
  });
}

export interface Login {
  readonly challenge: IssuedChallenge;
  readonly signature: Hex;
  readonly answer: Answer;
}

/** Who signs in: an account, and what it signs a message with. */
export interface Signer {
  readonly address: Hex;
  readonly sign: (message: string) => Promise<Hex>;
}

/** A whole login of an account that may be a contract. */
export async function signInWith(
  service: TestService,
  { address, sign }: Signer,
  asked: Readonly<Record<string, unknown>> = {},
): Promise<Login> {
  const challenge = await challengeFor(service, { address }, { chainId, ...asked });
  const signature = await sign(challenge.message);
  return { challenge, signature, answer: await verify(service, challenge, signature) };
}

export async function verify(
  service: Pick<TestService, 'url'>,
  { nonce }: Pick<IssuedChallenge, 'nonce'>,
  signature: Hex,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Answer> {
  return post(service, '/wallet/verify', { nonce, signature, ...more });
}

/** As many bytes that are no signature of anybody. */
export function noSignature(bytes: number): Hex {
  return pad(toHex('no signature'), { size: bytes });
}
