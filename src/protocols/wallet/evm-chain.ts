import { HttpError } from '../../platform/http/http-error';
import type { RpcEndpoint } from './rpc-endpoint';
import type { RpcRequest } from './rpc-exchange';

/** Source: docs/http-api.md, section Wallet model. */
const answeredWithinMs = 6_000;
/** So many verifications ask the nodes of one chain at once, in one process; so many more wait for them. */
const inFlightAtMost = 10;
const waitingAtMost = 40;
/** Seconds, of Retry-After where no endpoint says more. */
const retryAfter = 2;

/**
 * Asks the chain once, and returns the result in hex, or undefined when the code that was called failed. Throws: 503 with
 * `Retry-After` when no node has answered.
 */
export type ChainRequest = (request: RpcRequest) => Promise<string | undefined>;

/** One chain, by the nodes that the settings name: the first that answers counts, and is asked on. */
export class EvmChain {
  private inFlight = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly chainId: number,
    private readonly endpoints: readonly RpcEndpoint[],
  ) {}

  /** Lets `work` ask the chain, within one time for all that it asks. Throws: 503 when too many do at the moment. */
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

  /** Whoever has waited longest takes the place, or hands it on at once, if its time is over by then. */
  private leave(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.inFlight -= 1;
    else next();
  }

  /**
   * `endpoints`: in the order of this verification, in which one that fails becomes the last. A node that hangs takes half
   * of the time of it all, and must not take it twice.
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

  /** Its cause names no URL: that may hold the key of an account with a provider. */
  private unavailable(what: string): HttpError {
    const rests = this.endpoints.map(({ rest }) => rest);
    const seconds = rests.includes(0) ? retryAfter : Math.ceil(Math.min(...rests) / 1000);
    const cause = `chain ${this.chainId}: ${what}`;
    return new HttpError('chain_unavailable', { headers: { 'retry-after': String(seconds) }, cause });
  }
}
