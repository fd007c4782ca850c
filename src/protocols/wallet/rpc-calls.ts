import { Histogram } from '../../platform/histogram';
import { type RpcAnswer, type RpcRequest, rpcFaults } from './rpc-exchange';

export type RpcMethod = RpcRequest['method'];
export type RpcOutcome = RpcAnswer['outcome'];

const methods: readonly RpcMethod[] = ['eth_call', 'eth_chainId', 'eth_getCode'];
const outcomes: readonly RpcOutcome[] = ['ok', 'reverted', ...rpcFaults];
/** Seconds; no call takes longer than the last. */
const bounds = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 3];

export interface RpcCount {
  readonly chainId: number;
  readonly method: RpcMethod;
  readonly outcome: RpcOutcome;
  readonly count: number;
}

/** Counts the calls to the nodes of all chains, as plain numbers; bounded by the configured chains. */
export class RpcCalls {
  private readonly counts = new Map<number, Map<RpcMethod, Map<RpcOutcome, number>>>();
  private readonly times = new Map<number, Histogram>();

  constructor(chainIds: Iterable<number>) {
    for (const chainId of chainIds) {
      const ofMethods = methods.map((method) => [method, new Map(outcomes.map((outcome) => [outcome, 0]))] as const);
      this.counts.set(chainId, new Map(ofMethods));
      this.times.set(chainId, new Histogram(bounds));
    }
  }

  count(chainId: number, method: RpcMethod, outcome: RpcOutcome, seconds: number): void {
    const counts = this.counts.get(chainId)?.get(method);
    counts?.set(outcome, (counts.get(outcome) ?? 0) + 1);
    this.times.get(chainId)?.observe(seconds);
  }

  *all(): Generator<RpcCount> {
    for (const [chainId, ofMethods] of this.counts) {
      for (const [method, counts] of ofMethods) {
        for (const [outcome, count] of counts) yield { chainId, method, outcome, count };
      }
    }
  }

  /** Seconds from a call to the end of its answer, by chain. */
  get durations(): ReadonlyMap<number, Histogram> {
    return this.times;
  }
}
