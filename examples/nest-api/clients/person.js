/** Logs a person in with their browser, writes a note for them, and prints all that they have. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createClient, dpop } from '@tessera/client';

const { ISSUER: issuer = 'http://localhost:3000', PORT: port = '4002' } = process.env;
const notes = `http://127.0.0.1:${port}/notes`;

const listener = createServer((_request, response) => response.end('You can close this page.'));
await once(listener.listen(0, '127.0.0.1'), 'listening');
const { port: listensOn } = Object(listener.address());
const redirectUri = `http://127.0.0.1:${listensOn}/callback`;

const client = createClient({
  issuer,
  clientId: 'example-notes',
  redirectUri,
  scope: 'openid notes:read notes:write',
  resource: notes,
  // Its tokens are bound to a key that never leaves this process.
  dpop: dpop(),
  browser: async (url) => {
    console.log(`Open ${url}`);
    for (;;) {
      const [request] = await once(listener, 'request');
      if (request.url.startsWith('/callback?')) return new URL(request.url, redirectUri).href;
    }
  },
});
await client.login();
listener.close();

await client.fetch(notes, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ text: `Written at ${new Date().toISOString()}` }),
});
console.log(await (await client.fetch(notes)).json());

// A scope that this client may not have: the API says which one is missing.
const refused = await client.fetch(`${notes}/count`);
console.log(refused.status, refused.headers.get('www-authenticate'));
await client.revoke();
