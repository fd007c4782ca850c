import { serveLocally } from '../run/local-server';

/** Stands between the service and a node, and remembers what is asked of it. */
export interface RpcProxy {
  readonly url: string;
  /** The methods, in their order. */
  readonly asked: string[];
  close(): Promise<void>;
}

export async function startRpcProxy(target: string): Promise<RpcProxy> {
  const asked: string[] = [];
  const { url, close } = await serveLocally(async (request, response) => {
    const body = (await request.setEncoding('utf8').toArray()).join('');
    asked.push((JSON.parse(body) as { method: string }).method);
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(target, { method: 'POST', headers, body });
    response.writeHead(answer.status, headers).end(await answer.text());
  });
  return { url, asked, close };
}
