import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { createDiscovery, TesseraError } from '@tessera/client';
import { logInWithPkce } from './pkce-demo';
import type { DemoContext } from './demo-context';
import { StoreView } from './store-view';
import { logInWithWallet } from './wallet-demo';
import { Wire } from './wire';

const print = (line: string) => console.log(line);

/** Accounts and clients; by default those of a service in development. */
const options = {
  url: { type: 'string', default: 'http://localhost:3000' },
  spa: { type: 'string', default: 'demo-spa' },
  'redirect-uri': { type: 'string', default: 'http://127.0.0.1/callback' },
  dapp: { type: 'string', default: 'demo-dapp' },
  /** A username's password is read from standard input. */
  username: { type: 'string' },
} as const;

/** Performs both logins against the running service, and prints what each party sends, receives and keeps. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options });
  if (!URL.canParse(values.url)) throw new Error(`--url ${values.url} is not a URL`);
  const url = new URL(values.url).origin;
  await assertRunning(url);
  const wire = new Wire(print);
  const discovery = createDiscovery({ issuer: url, fetch: (target, init) => wire.fetch(target, init) });
  const context = { url, wire, discovery, store: new StoreView(url, print), print };
  const { username = 'user0' } = values;
  const password = values.username === undefined ? 'password0' : await firstLine(process.stdin);
  const client = { clientId: values.spa, redirectUri: values['redirect-uri'] };

  print('PKCE: the client commits to a hash, and later shows what was hashed');
  await showOwner(context, await logInWithPkce(context, client, { username, password }));
  print('\n\nWallet: the client commits to an address, and later signs with its key');
  await showOwner(context, await logInWithWallet(context, values.dapp));
}

async function firstLine(input: NodeJS.ReadStream): Promise<string> {
  const lines = createInterface({ input });
  for await (const line of lines) return line;
  throw new Error('the password is read from standard input, which is empty');
}

async function showOwner({ url, wire }: DemoContext, accessToken: string): Promise<void> {
  print('\nThe access token works');
  const response = await wire.fetch(`${url}/api/me`, { headers: { authorization: `Bearer ${accessToken}` } });
  if (!response.ok) throw new Error(`/api/me answered ${response.status}`);
}

async function assertRunning(url: string): Promise<void> {
  const response = await fetch(`${url}/health/ready`).catch(() => undefined);
  if (response === undefined)
    throw new Error(`nothing answers at ${url}: start the service with npm start, or name another with --url`);
  if (!response.ok) throw new Error(`the service at ${url} is not ready (${response.status})`);
}

main().catch((error: unknown) => {
  const advice = error instanceof TesseraError ? `. ${error.advice}` : '';
  console.error(`demo: ${error instanceof Error ? error.message : String(error)}${advice}`);
  process.exitCode = 1;
});
