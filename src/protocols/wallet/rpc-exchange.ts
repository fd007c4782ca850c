import * as z from 'zod';
import { chunksOf } from '../../platform/fetched-body';

/** Bytes: the code of an account, in hex, is the longest answer that is asked for. Source: docs/http-api.md, section Wallet model. */
const longestAnswer = 65_536;

export interface RpcRequest {
  readonly method: 'eth_call' | 'eth_chainId' | 'eth_getCode';
  readonly params: readonly unknown[];
  /** What its result looks like; any other is a fault of the node. */
  readonly result: RegExp;
}

/** What can be wrong with a node; none of it says anything about what was called. */
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

/** `reverted`: the code that was called failed, for whatever reason of its own. */
export type RpcAnswer =
  | { readonly outcome: 'ok'; readonly result: string }
  | { readonly outcome: 'reverted' | RpcFault };

/** Where a node is asked. */
export interface RpcTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const failure = z.object({ error: z.object({ code: z.number(), message: z.string() }) });
const success = z.object({ id: z.literal(1), result: z.string() });

/** Revert, and what nodes say where no data tells it: nobody has agreed on more. Source: EIP-1474. */
const codesOfExecution = new Set([3, -32_015]);
const textOfExecution = /revert|out ?of ?gas|gas required exceeds|vm exception|vm execution|evm error/i;
const codesOfLimits = new Set([-32_005, -32_029, 429]);
const textOfLimits = /rate limit|too many requests|limit exceeded|quota|capacity|throughput/i;

/** Asks a node once, over HTTP. Never throws: what went wrong is the outcome. Source: EIP-1474. */
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
    // Some nodes send the revert of a call with a status of its own.
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

/** First what the code said: the reason of a revert is in its author's words. */
function outcomeOf({ code, message }: z.infer<typeof failure>['error'], isCall: boolean): 'reverted' | RpcFault {
  if (isCall && (codesOfExecution.has(code) || textOfExecution.test(message))) return 'reverted';
  return codesOfLimits.has(code) || textOfLimits.test(message) ? 'rate_limited' : 'error';
}

/** Of a longer body than is read, what came before that. */
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

/** What a revert is told by stands before its data, which can be of any length: so nobody makes it the fault of a node. */
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
