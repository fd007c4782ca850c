/** Builds the dApp for the service at ISSUER, and serves it at http://localhost:PORT. */
import { rmSync } from 'node:fs';
import { build, context } from 'esbuild';

const {
  ISSUER: issuer = 'http://localhost:3000',
  CLIENT_ID: clientId = 'example-dapp',
  PORT: port = '5174',
} = process.env;

rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: ['src/main.tsx', 'src/index.html'],
  loader: { '.html': 'copy' },
  outdir: 'dist',
  bundle: true,
  minify: true,
  format: 'esm',
  splitting: true,
  jsx: 'automatic',
  define: {
    ISSUER: JSON.stringify(issuer),
    CLIENT_ID: JSON.stringify(clientId),
    'process.env.NODE_ENV': '"production"',
  },
  // Of one of wagmi's connectors, which is not used here; what it needs is not installed.
  external: ['porto/internal'],
  logLevel: 'warning',
});
const files = await context({});
await files.serve({ servedir: 'dist', host: 'localhost', port: Number(port) });
console.log(`Open http://localhost:${port}`);
