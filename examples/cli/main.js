/** A command line client: `login`, `whoami`, `logout`. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createClient, TesseraError } from '@tessera/client';
import { fileLocks } from './file-locks.js';
import { fileStorage } from './file-storage.js';
import { listenOnLoopback } from './loopback.js';
import { openBrowser } from './open-browser.js';

const { ISSUER: issuer = 'http://localhost:3000', CLIENT_ID: clientId = 'demo-spa' } = process.env;
const { XDG_STATE_HOME: stateHome = join(homedir(), '.local/state') } = process.env;
const file = join(stateHome, 'tessera-example-cli/tokens.json');

const client = createClient({
  issuer,
  clientId,
  scope: 'openid profile offline_access',
  tokens: fileStorage(file),
  locks: fileLocks(file),
});

/** @type {Readonly<Record<string, () => Promise<void>>>} */
const commands = {
  async login() {
    const loopback = await listenOnLoopback();
    try {
      const url = await client.begin({ redirectUri: loopback.redirectUri });
      console.log(`Log in at ${url}`);
      openBrowser(url);
      const { tokens } = await client.finish(await loopback.answerTo(url));
      console.log(`Logged in as ${tokens.claims?.sub}`);
    } finally {
      loopback.close();
    }
  },

  async whoami() {
    const response = await client.fetch(`${issuer}/api/me`);
    if (!response.ok) throw new Error(`The API answered ${response.status}`);
    console.log(await response.text());
  },

  async logout() {
    await client.revoke();
    console.log('Logged out');
  },
};

const [name = ''] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command === undefined) {
  console.error(`Commands: ${Object.keys(commands).join(', ')}`);
  process.exitCode = 2;
} else {
  await command().catch((error) => {
    console.error(error instanceof TesseraError ? `${error.message}. ${error.advice}` : error.message);
    process.exitCode = 1;
  });
}
