/** Bundles the application and serves it at http://127.0.0.1:PORT, for the service at ISSUER. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const { ISSUER: issuer = 'http://localhost:3000', CLIENT_ID: clientId = 'demo-spa', PORT: port = '5173' } = process.env;

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL('app.ts', import.meta.url))],
  bundle: true,
  minify: true,
  write: false,
  format: 'esm',
  target: 'es2022',
  define: { ISSUER: JSON.stringify(issuer), CLIENT_ID: JSON.stringify(clientId) },
});
const page = { type: 'text/html; charset=utf-8', body: await readFile(new URL('index.html', import.meta.url)) };
const script = { type: 'text/javascript; charset=utf-8', body: outputFiles[0]?.contents };
/** @type {Readonly<Record<string, typeof page | typeof script>>} */
const files = { '/': page, '/callback': page, '/app.js': script };

const headers = {
  // No script of anybody else runs here, and ours talks to the service alone. The logout is a form that is posted there, and
  // comes back here.
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    'img-src data:',
    `connect-src ${issuer}`,
    `form-action ${issuer} 'self'`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

const server = createServer(({ url = '/' }, response) => {
  const [path = '/'] = url.split('?');
  const file = Object.hasOwn(files, path) ? files[path] : undefined;
  response.writeHead(file ? 200 : 404, { ...headers, 'content-type': file?.type ?? 'text/plain' }).end(file?.body);
});
server.listen(Number(port), '127.0.0.1', () => {
  console.log(`Open http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`);
});
