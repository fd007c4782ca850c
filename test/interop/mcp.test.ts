import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import * as serverErrors from '@modelcontextprotocol/sdk/server/auth/errors.js';
import * as bearerAuth from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import * as mcpServer from '@modelcontextprotocol/sdk/server/mcp.js';
import * as serverTransport from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { buildSync } from 'esbuild';
import express from 'express';
import * as jose from 'jose';
import { admin, adminToken } from '../support/operations/admin';
import { blocksOf, registerAs, runModule } from '../support/docs/client-guide';
import { freePort } from '../support/run/free-port';
import { McpUser, Program } from '../support/clients/mcp-client';
import { loggedIn } from '../support/clients/pkce-login';
import { temporaryDirectory } from '../support/run/temporary-directory';
import { serveLocally } from '../support/run/local-server';
import { fixture } from '../support/run/fixture';
import { startServiceOn } from '../support/service/service';
import { emptyStore, storesUnderTest } from '../support/stores/stores';

const packages = {
  '@modelcontextprotocol/sdk/server/auth/errors.js': serverErrors,
  '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js': bearerAuth,
  '@modelcontextprotocol/sdk/server/mcp.js': mcpServer,
  '@modelcontextprotocol/sdk/server/streamableHttp.js': serverTransport,
  express: { default: Object.assign((...given: []) => express(...given), express) },
  jose,
};

describe.each(storesUnderTest)('the MCP SDK’s client on %s', (storeName) => {
  const store = fixture(() => emptyStore(storeName));
  const server = fixture(() => serveLocally());
  const endpoint = fixture(() => new URL(`${server.url}/mcp`));
  const folder = temporaryDirectory();

  beforeAll(async () => {
    await registerAs('MCP', store, { mcp: server.url });
  });
  const service = fixture(() => startServiceOn(store, { ADMIN_TOKEN: adminToken }));
  const user = fixture(async () => new McpUser(service, await loggedIn(service), endpoint));
  beforeAll(async () => {
    const substitutes = { issuer: service.url, mcp: server.url };
    const [block = ''] = blocksOf('MCP', 'js', substitutes);
    const { app } = await runModule<{ app: RequestListener }>(block, packages, substitutes);
    server.server.on('request', app);
  });

  it('given a client that was registered for it, when it meets the server, then it logs in, and its token is for that server alone', async () => {
    const program = new Program({ client_id: 'my-assistant' });

    await user.logIn(program);
    const answer = await user.callTool(program);
    const first = program.kept;

    expect(program.asked?.searchParams.get('resource')).toBe(endpoint.href);
    expect(program.asked?.searchParams.has('state')).toBe(false);
    expect(answer).toMatchObject({ content: [{ type: 'text', text: 'my-assistant' }] });
    expect(first).toMatchObject({ token_type: 'Bearer', scope: 'tools:use' });
  });

  it('given a client that nobody knows, when it meets the server, then it registers itself, logs in, refreshes, and begins anew once it was ended', async () => {
    const program = new Program(undefined);
    const expire = () => (program.kept = { ...(program.kept as OAuthTokens), access_token: 'expired' });

    await user.logIn(program);
    const first = program.kept;
    expire();
    const answer = await user.callTool(program);
    const second = program.kept;
    const clientId = String(program.registered?.client_id);
    const { status } = await admin(service, 'DELETE', `/grants?client_id=${clientId}`);
    expire();

    expect(answer).toMatchObject({ content: [{ type: 'text', text: clientId }] });
    expect(second?.refresh_token).not.toBe(first?.refresh_token);
    expect(status).toBe(200);
    await expect(user.callTool(program)).rejects.toThrow(UnauthorizedError);
  });

  it('given the conformance tool’s command for authorization servers, when it is run, then every check passes', async () => {
    const port = await freePort();
    const asked = [
      '--url',
      service.url,
      '--client-id',
      'my-assistant',
      '--resource',
      endpoint.href,
      '-p',
      String(port),
    ];
    const child = spawn(process.execPath, [conformanceTool(folder), 'authorization', ...asked], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 200_000,
    });
    const exited = once(child, 'exit');
    let output = '';
    let isAsked = false;
    for await (const chunk of child.stdout) {
      output += String(chunk);
      const [, url] = /^(http\S+\/authorize\?\S+)\n/m.exec(output) ?? [];
      // The tool may print the URL before it listens for what comes back.
      if (url === undefined || isAsked || !output.includes('Callback server started')) continue;
      isAsked = true;
      await fetch(await user.callbackOf(new URL(url)));
    }

    expect(output).toMatch(/^Total: [1-9]\d* passed, 0 failed$/m);
    expect(await exited).toEqual([0, null]);
  });
});

/** As one file for this version of Node.js: the tool's own asks for a newer one, for what this command does not use. */
function conformanceTool(folder: string): string {
  const outfile = join(folder, 'conformance.cjs');
  buildSync({
    entryPoints: [join(__dirname, '../../node_modules/@modelcontextprotocol/conformance/dist/index.js')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile,
    define: { 'import.meta.url': JSON.stringify('file:///conformance.js') },
  });
  return outfile;
}
