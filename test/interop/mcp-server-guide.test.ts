import type { RequestListener } from 'node:http';
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as mcpServer from '@modelcontextprotocol/sdk/server/mcp.js';
import * as serverTransport from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import express, { type RequestHandler } from 'express';
import * as resourceServer from '../../packages/client/src/server/index';
import * as onExpress from '../../packages/client/src/server/express';
import { guidePage, runModule } from '../support/docs/client-guide';
import { documentServer } from '../support/clients/document-server';
import { McpUser, Program } from '../support/clients/mcp-client';
import { codeFor, loggedIn, redeem } from '../support/clients/pkce-login';
import { registerApi, registerClient } from '../support/clients/registered';
import { serveLocally } from '../support/run/local-server';
import { fixture } from '../support/run/fixture';
import { startServiceOn } from '../support/service/service';
import { emptyStore } from '../support/stores/stores';

const { blocksOf, registerAs } = guidePage('docs/guides/mcp-server.md');
const packages = {
  '@modelcontextprotocol/sdk/server/mcp.js': mcpServer,
  '@modelcontextprotocol/sdk/server/streamableHttp.js': serverTransport,
  '@tessera/client/server': resourceServer,
  '@tessera/client/server/express': onExpress,
  express: { default: Object.assign((...given: []) => express(...given), express) },
};

describe('docs/guides/mcp-server.md', () => {
  const store = fixture(() => emptyStore('lmdb'));
  const server = fixture(() => serveLocally());
  const endpoint = fixture(() => new URL(`${server.url}/mcp`));

  beforeAll(async () => {
    const headings = ['Register', 'How a client becomes known'];
    for (const heading of headings) await registerAs(heading, store, { mcp: server.url });
  });
  const service = fixture(() => startServiceOn(store));
  const browser = fixture(() => loggedIn(service));
  const user = fixture(() => new McpUser(service, browser, endpoint));
  const substitutes = fixture(() => ({ issuer: service.url, mcp: server.url }));
  beforeAll(async () => {
    const [block = ''] = blocksOf('The server', 'js', substitutes);
    const { app } = await runModule<{ app: RequestListener }>(block, packages);
    server.server.on('request', app);
  });

  const show = (token: unknown) =>
    fetch(endpoint, { method: 'POST', headers: { authorization: `Bearer ${String(token)}` } });

  it('given no token, when the server is asked, then it answers as the page says', async () => {
    const response = await fetch(endpoint, { method: 'POST' });

    const [, challenge] = /WWW-Authenticate: (.+)$/m.exec(blocksOf(undefined, 'http', substitutes).join('')) ?? [];
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, challenge]);
  });

  it('given a client that was registered as the page says, when it meets the server, then it logs in, and the tool knows who it is', async () => {
    const program = new Program({ client_id: 'my-assistant' });

    await user.logIn(program);

    expect(await user.callTool(program)).toMatchObject({ content: [{ text: 'user0 with my-assistant' }] });
    expect(program.asked?.searchParams.get('scope')).toBe('tools:use');
    expect(program.asked?.searchParams.get('resource')).toBe(endpoint.href);
  });

  it('given a client with the page’s document, when it meets the server, then nobody registers it, and it logs in and refreshes', async () => {
    const host = await documentServer();
    const [block = ''] = blocksOf('How a client becomes known', 'json', { app: host.origin });
    const document = JSON.parse(block) as { client_id: string; redirect_uris: string[] };
    const program = new Program({ client_id: document.client_id });
    host.serve(document);

    await user.logIn(program);
    program.kept = { ...(program.kept as OAuthTokens), access_token: 'expired' };
    const answer = await user.callTool(program);
    await host.close();

    expect(answer).toMatchObject({ content: [{ text: `user0 with ${host.origin}/assistant.json` }] });
    expect(program.kept).toHaveProperty('refresh_token');
  });

  it('given a token for another API of the same issuer, when it is shown, then it is worth nothing here', async () => {
    const program = new Program({ client_id: 'my-assistant' });
    await user.logIn(program);
    const { identifier } = await registerApi(service);
    const { clientId } = await registerClient(service);
    const code = await codeFor(service, browser, { client_id: clientId, scope: 'notes:read', resource: identifier });
    const { body } = await redeem(service, code);

    const [own, other] = await Promise.all([show(program.kept?.access_token), show(body['access_token'])]);

    // Past the guard, a request without a message is no MCP.
    expect(own.status).toBe(406);
    expect([other.status, other.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringMatching(/^Bearer error="invalid_token"/),
    ]);
  });

  it('given tools that need more, when one is called without the scope, then the answer says which scopes to ask for', async () => {
    const [block = ''] = blocksOf('Several kinds of tools', 'js');
    const { scopeOfTool } = await runModule<{ scopeOfTool(of: resourceServer.ProtectedResource): RequestHandler }>(
      block,
      packages,
    );
    const scopes = ['tools:use', 'tools:write'].map((name) => ({ name, description: name }));
    const { identifier } = await registerApi(service, { scopes });
    const { clientId } = await registerClient(service, { scopes: ['tools:use', 'tools:write'] });
    const tools = resourceServer.protectedResource({ issuer: service.url, resource: identifier });
    const app = express();
    app.post('/mcp', express.json(), scopeOfTool(tools), (_request, response) => void response.json({}));
    const { url: origin, close } = await serveLocally(app);
    const tokenOf = async (scope: string) => {
      const code = await codeFor(service, browser, { client_id: clientId, scope, resource: identifier });
      return String((await redeem(service, code)).body['access_token']);
    };
    const using = await tokenOf('tools:use');
    const writing = await tokenOf('tools:use tools:write');
    const call = (token: string, body: unknown) =>
      fetch(`${origin}/mcp`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const toWrite = { method: 'tools/call', params: { name: 'write_note' } };

    const answers = await Promise.all([
      call(using, { method: 'tools/list' }),
      call(writing, toWrite),
      call(using, toWrite),
      call(using, [{ method: 'tools/list' }, toWrite]),
    ]);
    await close();

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 403, 403]);
    expect(answers[2]?.headers.get('www-authenticate')).toContain('scope="tools:use tools:write"');
  });
});
