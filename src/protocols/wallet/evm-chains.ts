import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { EvmChain } from './evm-chain';
import { RpcCalls } from './rpc-calls';
import { RpcEndpoint } from './rpc-endpoint';

/** The chains that can be asked: those of `EVM_RPC_URLS`. */
@Injectable()
export class EvmChains {
  readonly calls: RpcCalls;
  private readonly chains: ReadonlyMap<number, EvmChain>;

  constructor(@Inject(CONFIG) { evmRpcUrls }: Config, clock: Clock) {
    this.calls = new RpcCalls(evmRpcUrls.keys());
    const now = () => clock.now();
    this.chains = new Map(
      [...evmRpcUrls].map(([chainId, urls]) => {
        const endpoints = urls.map((url) => new RpcEndpoint(chainId, url, this.calls, now));
        return [chainId, new EvmChain(chainId, endpoints)];
      }),
    );
  }

  /** Undefined for a chain without RPC. */
  find(chainId: number): EvmChain | undefined {
    return this.chains.get(chainId);
  }
}
