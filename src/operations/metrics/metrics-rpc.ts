import { Injectable } from '@nestjs/common';
import { EvmChains } from '../../protocols/wallet/evm-chains';
import { counter, histogram, type MetricFamily, type Series } from './metrics-families';
import { MetricSources } from './metrics-sources';

/** Metrics of the EVM nodes; labels come from the settings and from us. */
@Injectable()
export class RpcMetrics {
  constructor(
    sources: MetricSources,
    private readonly chains: EvmChains,
  ) {
    sources.addOwn(() => this.families());
  }

  private families(): MetricFamily[] {
    const { calls } = this.chains;
    return [
      counter(
        'tessera_rpc_calls_total',
        'Calls of EVM nodes by chain, method and outcome: ok, reverted, or what was wrong with the node',
        [...calls.all()].map(({ chainId, method, outcome, count }): Series => [
          { chain: String(chainId), method, outcome },
          count,
        ]),
      ),
      histogram(
        'tessera_rpc_call_duration_seconds',
        'Time from a call of an EVM node to the end of its answer, by chain',
        [...calls.durations].map(([chainId, durations]) => [{ chain: String(chainId) }, durations] as const),
      ),
    ];
  }
}
