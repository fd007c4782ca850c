import { type Address, type Hex, pad, toHex } from 'viem';
import { deploySafeContracts, type Owner, Safe, type SafeContracts } from './contract-accounts';
import { type EvmChain, startChains } from './evm-chain';
import { deployPasskeyFactory } from './passkey-account';
import { type RpcProxy, startRpcProxy } from './rpc-proxy';
import { startService, type TestService } from '../service/service';
import type { StoreName } from '../stores/stores';
import { type Signer, signInWith } from '../clients/wallet';

/** Neither is a real chain's. */
export const chainId = 31_337;
export const otherChainId = 31_338;

/** Two chains with Safe's contracts at the same addresses, the first behind a proxy that remembers its calls. */
export interface Evm {
  readonly chain: EvmChain;
  readonly otherChain: EvmChain;
  readonly proxy: RpcProxy;
  readonly safes: SafeContracts;
  readonly passkeyFactory: Address;
  stop(): Promise<void>;
}

export async function startEvm(): Promise<Evm> {
  const [chain, otherChain] = await startChains(chainId, otherChainId);
  const [safes] = await Promise.all([deploySafeContracts(chain), deploySafeContracts(otherChain)]);
  const passkeyFactory = await deployPasskeyFactory(chain);
  const proxy = await startRpcProxy(chain.url);
  return {
    chain,
    otherChain,
    proxy,
    safes,
    passkeyFactory,
    stop: async () => {
      await Promise.all([proxy.close(), chain.stop(), otherChain.stop()]);
    },
  };
}

/** A service that knows both chains. */
export async function startServiceOnEvm(
  store: StoreName,
  { proxy, otherChain }: Evm,
  env: Readonly<Record<string, string>> = {},
): Promise<TestService> {
  return startService(store, {
    EVM_RPC_URLS: `${chainId}=${proxy.url},${otherChainId}=${otherChain.url}`,
    ...env,
  });
}

/** A Safe on the first chain that is not deployed yet. */
export function safeOf({ chain, safes }: Evm, owners: readonly Owner[], threshold = 1, saltNonce = 0n): Safe {
  return Safe.of(chain, safes, owners, threshold, saltNonce);
}

/** A whole login on the first chain. */
export function signInHere(service: TestService, signer: Signer, asked: Readonly<Record<string, unknown>> = {}) {
  return signInWith(service, signer, { chainId, ...asked });
}

/** As many bytes that are no signature of anybody. */
export function noSignature(bytes: number): Hex {
  return pad(toHex('no signature'), { size: bytes });
}
