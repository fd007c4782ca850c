import type { RpcCalls } from './rpc-calls';
import { exchange, type RpcAnswer, type RpcFault, type RpcRequest, type RpcTarget } from './rpc-exchange';

/** Source: docs/http-api.md, section Wallet model. */
const answersWithinMs = 3_000;
/** So many calls in a row must fail for an endpoint to be left alone: one lost answer is no outage. */
const failuresInARow = 3;
const restsMs = 5_000;
/** The faults that code on the chain could cause, if a node words an error in its own way: nobody may take the endpoint away by them. */
const faultsOfOneCall: ReadonlySet<RpcFault> = new Set(['error', 'too_large']);

/** One node of a chain: asked only while it says that it is of that chain, and left alone for a while when it does not answer. */
export class RpcEndpoint {
  private readonly target: RpcTarget;
  private isConfirmed = false;
  private failures = 0;
  private restsUntil = 0;

  /** `now` in milliseconds since the epoch. */
  constructor(
    private readonly chainId: number,
    url: string,
    private readonly calls: RpcCalls,
    private readonly now: () => number,
  ) {
    this.target = targetOf(url);
  }

  /** Milliseconds until it is asked again; 0 when it is not resting. */
  get rest(): number {
    const left = this.restsUntil - this.now();
    // Not longer than a rest is, also when the clock was set back.
    return left > 0 && left <= restsMs ? left : 0;
  }

  /** `endsAt`: when the answer is worth nothing any more, as `performance.now()` says it. Never throws. */
  async ask(request: RpcRequest, endsAt: number): Promise<RpcAnswer> {
    const deadline = new AbortController();
    const ms = Math.min(answersWithinMs, Math.max(0, endsAt - performance.now()));
    const timer = setTimeout(() => deadline.abort(), ms);
    try {
      const answer = (await this.confirm(deadline.signal)) ?? (await this.call(request, deadline.signal));
      if (answer.outcome === 'ok' || answer.outcome === 'reverted') this.failures = 0;
      else this.fail(answer.outcome);
      return answer;
    } finally {
      clearTimeout(timer);
    }
  }

  /** What is wrong with its chain; undefined when nothing is. Source: EIP-695. */
  private async confirm(signal: AbortSignal): Promise<RpcAnswer | undefined> {
    if (this.isConfirmed) return undefined;
    const request: RpcRequest = { method: 'eth_chainId', params: [], result: /^0x[\da-f]{1,13}$/i };
    const answer = await this.call(request, signal);
    if (answer.outcome !== 'ok') return answer;
    this.isConfirmed = true;
    return undefined;
  }

  private async call(request: RpcRequest, signal: AbortSignal): Promise<RpcAnswer> {
    const beganAt = performance.now();
    let answer = await exchange(this.target, request, signal);
    const isOfChain =
      request.method !== 'eth_chainId' || answer.outcome !== 'ok' || Number(answer.result) === this.chainId;
    if (!isOfChain) answer = { outcome: 'other_chain' };
    this.calls.count(this.chainId, request.method, answer.outcome, (performance.now() - beganAt) / 1000);
    return answer;
  }

  private fail(fault: RpcFault): void {
    // Whatever answers behind this URL next may be another node.
    this.isConfirmed = false;
    if (faultsOfOneCall.has(fault)) return;
    this.failures += 1;
    if (this.failures >= failuresInARow) this.restsUntil = this.now() + restsMs;
  }
}

/** `fetch` takes no user and password in a URL. Source: Fetch §5.4; RFC 7617. */
function targetOf(text: string): RpcTarget {
  const url = new URL(text);
  const { username, password } = url;
  const headers = { 'content-type': 'application/json' };
  if (username === '' && password === '') return { url: text, headers };
  [url.username, url.password] = ['', ''];
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  return { url: url.href, headers: { ...headers, authorization: `Basic ${credentials}` } };
}
