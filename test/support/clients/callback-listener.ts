import { once } from 'node:events';
import { createServer } from 'node:http';

/** A native app's end of the redirect: a listener on a loopback port of its own. Source: RFC 8252 §7.3. */
export interface CallbackListener {
  /** `http://127.0.0.1:PORT`, to which a client's registered path is added. */
  readonly origin: string;
  close(): Promise<void>;
}

/** Answers every path with a page that says it is the application; `html` is its body. */
export async function listenForCallback(html = '<p>Back in the application</p>'): Promise<CallbackListener> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8').end(`<!doctype html><title>App</title>${html}`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP address');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
