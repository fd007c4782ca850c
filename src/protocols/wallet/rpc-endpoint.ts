import type { RpcCalls } from './rpc-calls';
import { exchange, type RpcAnswer, type RpcFault, type RpcRequest, type RpcTarget } from './rpc-exchange';

/** Source: docs/http-api.md, section Wallet model. */
const answersWithinMs = 3_000;
/** Failures in a row before an endpoint is paused: one lost answer is no outage. */
const failuresInARow = 3;
const restsMs = 5_000;
/** Faults that code on the chain could cause, if a node words an error in its own way: nobody may pause an endpoint by them. */
const faultsOfOneCall: ReadonlySet<RpcFault> = new Set(['error', 'too_large']);

/** One node of a chain. It is asked only while it confirms its chain id, and paused when it does not answer. */
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

  /** Milliseconds until it is asked again; 0 when it is not paused. */
  get rest(): number {
    const left = this.restsUntil - this.now();
    // Never longer than a pause, even if the clock was set back.
    return left > 0 && left <= restsMs ? left : 0;
  }

  /** `endsAt`: the deadline by `performance.now()`. Never throws. */
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
    // The next answer from this URL may come from another node.
    this.isConfirmed = false;
    if (faultsOfOneCall.has(fault)) return;
    this.failures += 1;
    if (this.failures >= failuresInARow) this.restsUntil = this.now() + restsMs;
  }
}

/** `fetch` refuses a user and password in a URL. Source: Fetch §5.4; RFC 7617. */
function targetOf(text: string): RpcTarget {
  const url = new URL(text);
  const { username, password } = url;
  const headers = { 'content-type': 'application/json' };
  if (username === '' && password === '') return { url: text, headers };
  [url.username, url.password] = ['', ''];
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  return { url: url.href, headers: { ...headers, authorization: `Basic ${credentials}` } };
}
