import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { universalSignatureValidatorBytecode } from 'ox/erc6492/SignatureErc6492';
import { type Address, decodeAbiParameters, type Hex, recoverAddress } from 'viem';
import * as z from 'zod';
import { serveLocally } from '../run/local-server';

/** What a call of an account's code comes to: the validator's one byte, or the error of the node. */
export type Verdict = boolean | { readonly code: number; readonly message: string; readonly data?: string };

/** An account of the node: whether there is code at its address, and what that says of a signature. */
export interface CodeAccount {
  readonly isDeployed: boolean;
  readonly says: (hash: Hex, signature: Hex) => Verdict;
}

/** What an HTTP server can be, in place of a node that answers. */
export type Sickness = (response: ServerResponse, id: unknown) => void;

export const badGateway: Sickness = (response) => void response.writeHead(502).end();

/** In the place of its answer JSON that is made of the id of the request. */
export function answeringJson(value: (id: unknown) => unknown): Sickness {
  return (response, id) => void response.setHeader('content-type', 'application/json').end(JSON.stringify(value(id)));
}

/** An error of JSON-RPC 2.0. */
export function answeringError(code: number, message: string): Sickness {
  return answeringJson((id) => ({ jsonrpc: '2.0', id, error: { code, message } }));
}

/** A JSON-RPC node that answers as it is told. It has no chain and runs no code: of accounts it knows what the test says. */
export interface RpcNode {
  readonly url: string;
  readonly accounts: Map<Address, CodeAccount>;
  /** The methods that it was asked for, in their order. */
  readonly asked: string[];
  /** Of the last request. */
  headers: IncomingHttpHeaders;
  /** How many calls it is answering, at most, at one time. */
  readonly mostAtOnce: () => number;
  chainId: number;
  sickness: Sickness | undefined;
  /** Before an answer; none waits by default. */
  delay: () => Promise<unknown>;
  /** Answers nothing until what it returns is called. */
  hold(): () => void;
  close(): Promise<void>;
}

const request = z.object({ id: z.unknown(), method: z.string(), params: z.array(z.unknown()) });
const call = z.object({ data: z.templateLiteral(['0x', z.string()]), gas: z.literal('0x989680') });
const constructorTypes = [{ type: 'address' }, { type: 'bytes32' }, { type: 'bytes' }] as const;

export const reverted = { code: 3, message: 'execution reverted', data: '0x' } as const;

export async function startRpcNode(chainId: number): Promise<RpcNode> {
  let [current, most] = [0, 0];
  const node = {
    url: '',
    accounts: new Map<Address, CodeAccount>(),
    asked: [] as string[],
    headers: {} as IncomingHttpHeaders,
    mostAtOnce: () => most,
    chainId,
    sickness: undefined as Sickness | undefined,
    delay: async (): Promise<unknown> => undefined,
    hold: () => {
      let release: (() => void) | undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      node.delay = () => released;
      return () => {
        node.delay = async () => undefined;
        release?.();
      };
    },
    close: async () => {},
  } satisfies RpcNode;

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { id, method, params } = request.parse(JSON.parse(await textOf(incoming)));
    node.asked.push(method);
    node.headers = incoming.headers;
    most = Math.max(most, (current += 1));
    await node.delay();
    current -= 1;
    if (node.sickness !== undefined) return node.sickness(response, id);
    const verdict = await verdictOf(node, method, params);
    const told = typeof verdict === 'string' ? { result: verdict } : { error: verdict };
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', id, ...told }));
  }
  const { url, close } = await serveLocally((incoming, response) => void answer(incoming, response));
  return Object.assign(node, { url, close });
}

async function verdictOf(node: RpcNode, method: string, params: readonly unknown[]): Promise<string | Verdict> {
  if (method === 'eth_chainId') return `0x${node.chainId.toString(16)}`;
  if (params[1] !== 'latest') return { code: -32_602, message: 'another block' };
  if (method === 'eth_getCode') return node.accounts.get(params[0] as Address)?.isDeployed === true ? '0x6001' : '0x';
  const { data } = call.parse(params[0]);
  if (!data.startsWith(universalSignatureValidatorBytecode)) return { code: -32_602, message: 'another program' };
  const verdict = await validated(node, `0x${data.slice(universalSignatureValidatorBytecode.length)}`);
  return typeof verdict === 'boolean' ? `0x0${Number(verdict)}` : verdict;
}

/** What the validator says, as ERC-6492 has it, where the accounts say what they are told to. */
async function validated({ accounts }: RpcNode, args: Hex): Promise<Verdict> {
  const [wallet, hash, signature] = decodeAbiParameters(constructorTypes, args);
  const account = accounts.get(wallet);
  if (account !== undefined && (account.isDeployed || isWrapped(signature))) return account.says(hash, signature);
  // 65 bytes, of which the validator asks less than we do: a high s will do.
  if (signature.length !== 132) return reverted;
  const signer = await recoverAddress({ hash, signature }).catch(() => undefined);
  return signer === wallet;
}

export function isWrapped(signature: Hex): boolean {
  return signature.endsWith('6492'.repeat(16));
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of incoming.setEncoding('utf8')) text += String(chunk);
  return text;
}
