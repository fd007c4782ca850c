import { HttpError } from '../../platform/http/http-error';
import type { RpcEndpoint } from './rpc-endpoint';
import type { RpcRequest } from './rpc-exchange';

/** Source: docs/http-api.md, section Wallet model. */
const answeredWithinMs = 6_000;
/** Most verifications that ask the nodes of one chain at once, in one process; as many more may wait. */
const inFlightAtMost = 10;
const waitingAtMost = 40;
/** Seconds of Retry-After unless an endpoint needs longer. */
const retryAfter = 2;

/**
 * Asks the chain once; returns the result in hex, or undefined when the called code failed. Throws: 503 with `Retry-After` when
 * no node has answered.
 */
export type ChainRequest = (request: RpcRequest) => Promise<string | undefined>;

/** One chain, by its configured nodes: the first that answers is used, and kept for the next calls. */
export class EvmChain {
  private inFlight = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly chainId: number,
    private readonly endpoints: readonly RpcEndpoint[],
  ) {}

  /** Runs `work` with access to the chain, under one deadline for all its calls. Throws: 503 when too many are running. */
  async ask<Result>(work: (request: ChainRequest) => Promise<Result>): Promise<Result> {
    const endsAt = performance.now() + answeredWithinMs;
    const endpoints = [...this.endpoints];
    await this.enter();
    try {
      if (performance.now() >= endsAt) throw this.unavailable('waited too long');
      return await work((request) => this.request(request, endpoints, endsAt));
    } finally {
      this.leave();
    }
  }

  private async enter(): Promise<void> {
    if (this.inFlight < inFlightAtMost) {
      this.inFlight += 1;
    } else if (this.waiting.length < waitingAtMost) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else {
      throw this.unavailable('too many calls in flight');
    }
  }

  /** The place goes to whoever has waited longest, or to the next if that one's time is over. */
  private leave(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.inFlight -= 1;
    else next();
  }

  /**
   * `endpoints`: ordered for this verification; one that fails goes to the end. A hanging node takes half of the total time and
   * must not take it twice.
   */
  private async request(request: RpcRequest, endpoints: RpcEndpoint[], endsAt: number): Promise<string | undefined> {
    const outcomes: string[] = [];
    for (const endpoint of endpoints.slice()) {
      const isLate = performance.now() >= endsAt;
      const answer = endpoint.rest > 0 || isLate ? undefined : await endpoint.ask(request, endsAt);
      if (answer?.outcome === 'ok') return answer.result;
      if (answer?.outcome === 'reverted') return undefined;
      outcomes.push(answer?.outcome ?? (isLate ? 'too late' : 'resting'));
      endpoints.push(...endpoints.splice(0, 1));
    }
    throw this.unavailable(outcomes.join(', '));
  }

  /** The cause names no URL: it may contain the key of a provider account. */
  private unavailable(what: string): HttpError {
    const rests = this.endpoints.map(({ rest }) => rest);
    const seconds = rests.includes(0) ? retryAfter : Math.ceil(Math.min(...rests) / 1000);
    const cause = `chain ${this.chainId}: ${what}`;
    return new HttpError('chain_unavailable', { headers: { 'retry-after': String(seconds) }, cause });
  }
}
