import * as z from 'zod';
import { chunksOf } from '../../platform/fetched-body';

/** Bytes: the longest answer requested is the code of an account, in hex. Source: docs/http-api.md, section Wallet model. */
const longestAnswer = 65_536;

export interface RpcRequest {
  readonly method: 'eth_call' | 'eth_chainId' | 'eth_getCode';
  readonly params: readonly unknown[];
  /** Pattern of a valid result; any other is a fault of the node. */
  readonly result: RegExp;
}

/** Faults of a node; none of them says anything about the called code. */
export const rpcFaults = [
  'error',
  'http_error',
  'malformed',
  'other_chain',
  'rate_limited',
  'timeout',
  'too_large',
  'unreachable',
] as const;
export type RpcFault = (typeof rpcFaults)[number];

/** `reverted`: the called code failed, for a reason of its own. */
export type RpcAnswer =
  | { readonly outcome: 'ok'; readonly result: string }
  | { readonly outcome: 'reverted' | RpcFault };

/** URL and headers of a node. */
export interface RpcTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const failure = z.object({ error: z.object({ code: z.number(), message: z.string() }) });
const success = z.object({ id: z.literal(1), result: z.string() });

/** Codes of a revert without data; there is no wider agreement among nodes. Source: EIP-1474. */
const codesOfExecution = new Set([3, -32_015]);
const textOfExecution = /revert|out ?of ?gas|gas required exceeds|vm exception|vm execution|evm error/i;
const codesOfLimits = new Set([-32_005, -32_029, 429]);
const textOfLimits = /rate limit|too many requests|limit exceeded|quota|capacity|throughput/i;

/** Asks a node once over HTTP. Never throws: a failure is an outcome. Source: EIP-1474. */
export async function exchange(
  { url, headers }: RpcTarget,
  { method, params, result }: RpcRequest,
  signal: AbortSignal,
): Promise<RpcAnswer> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const isCall = method === 'eth_call';
  try {
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'error', signal });
    const { text, isWhole } = await beginningOf(response, signal);
    if (!isWhole) return { outcome: isCall && isCutOffRevert(text) ? 'reverted' : 'too_large' };
    const answer = answerIn(text, isCall, result);
    // Some nodes answer a reverted call with another HTTP status.
    if (response.ok || answer.outcome === 'reverted') return answer;
    return { outcome: response.status === 429 ? 'rate_limited' : 'http_error' };
  } catch {
    return { outcome: signal.aborted ? 'timeout' : 'unreachable' };
  }
}

function answerIn(text: string, isCall: boolean, expected: RegExp): RpcAnswer {
  const json = parsed(text);
  const failed = failure.safeParse(json).data;
  if (failed !== undefined) return { outcome: outcomeOf(failed.error, isCall) };
  const result = success.safeParse(json).data?.result;
  return result !== undefined && expected.test(result) ? { outcome: 'ok', result } : { outcome: 'malformed' };
}

/** The code first: a revert's message is in its author's words. */
function outcomeOf({ code, message }: z.infer<typeof failure>['error'], isCall: boolean): 'reverted' | RpcFault {
  if (isCall && (codesOfExecution.has(code) || textOfExecution.test(message))) return 'reverted';
  return codesOfLimits.has(code) || textOfLimits.test(message) ? 'rate_limited' : 'error';
}

/** At most the given size; a longer body is cut off. */
async function beginningOf(
  response: Response,
  signal: AbortSignal,
): Promise<{ readonly text: string; readonly isWhole: boolean }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunksOf(response, signal)) {
    chunks.push(chunk);
    size += chunk.length;
    // Leaving the loop closes the connection.
    if (size > longestAnswer) break;
  }
  return { text: Buffer.concat(chunks).toString(), isWhole: size <= longestAnswer };
}

/** A revert shows before its data, which may have any length: so no called code can make it a fault of the node. */
function isCutOffRevert(text: string): boolean {
  const [, error = ''] = /"error"\s*:\s*\{(.*)/s.exec(text.slice(0, 512)) ?? [];
  return /"code"\s*:\s*3\b/.test(error) || /"message"\s*:\s*"[^"]*revert/i.test(error);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
