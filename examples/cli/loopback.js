import { on, once } from 'node:events';
import { createServer } from 'node:http';

/** Whoever takes longer begins again: the client keeps a login for no longer either. */
const patience = 15 * 60_000;

const headers = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'",
  'cache-control': 'no-store',
  connection: 'close',
};
const page = '<!doctype html><title>Done</title><p>Go on in the terminal. You can close this window.</p>';

/** A port of this machine alone, whichever is free, where the browser comes back to. Source: RFC 8252 §7.3. */
export async function listenOnLoopback() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const redirectUri = `http://127.0.0.1:${port}/callback`;

  return {
    redirectUri,

    /**
     * The URL by which the login at `authorizationUrl` was answered. Every page in the browser can send requests here: what
     * does not know the `state` of this login is not listened to. Throws after 15 minutes.
     *
     * @param {string} authorizationUrl
     */
    async answerTo(authorizationUrl) {
      const state = new URL(authorizationUrl).searchParams.get('state');
      const signal = AbortSignal.timeout(patience);
      for await (const [request, response] of on(server, 'request', { signal })) {
        const [path, query = ''] = request.url.split('?');
        const isAnswer = path === '/callback' && new URLSearchParams(query).get('state') === state;
        response.writeHead(isAnswer ? 200 : 404, headers).end(isAnswer ? page : '');
        if (!isAnswer) continue;
        await once(response, 'close');
        return `${redirectUri}?${query}`;
      }
      throw new Error('The listener was closed');
    },

    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
