import { type OAuthClientProvider, UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import type { BrowserSession } from './browser-session';
import { allow, locationOf, type Reachable } from './pkce-login';

/** What a program on somebody's machine keeps, and where it sends the browser. It sends no `state`, as most do. */
export class Program implements OAuthClientProvider {
  readonly redirectUrl = 'http://127.0.0.1:49180/callback';
  readonly clientMetadata = {
    client_name: 'My assistant',
    redirect_uris: [this.redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  asked: URL | undefined;
  kept: OAuthTokens | undefined;
  private verifier = '';

  constructor(public registered: OAuthClientInformationMixed | undefined) {}

  clientInformation() {
    return this.registered;
  }
  saveClientInformation(registered: OAuthClientInformationMixed) {
    this.registered = registered;
  }
  tokens() {
    return this.kept;
  }
  saveTokens(tokens: OAuthTokens) {
    this.kept = tokens;
  }
  redirectToAuthorization(url: URL) {
    this.asked = url;
  }
  invalidateCredentials() {
    this.kept = undefined;
  }
  saveCodeVerifier(verifier: string) {
    this.verifier = verifier;
  }
  codeVerifier() {
    return this.verifier;
  }
}

/** An end-user at a browser, whose programs use the MCP server. */
export class McpUser {
  constructor(
    private readonly service: Reachable,
    private readonly browser: BrowserSession,
    private readonly endpoint: URL,
  ) {}

  /** Where the browser comes back to from what a program asked for, once the end-user has allowed it. */
  async callbackOf({ pathname, search }: URL): Promise<URL> {
    const answer = await this.browser.fetch(pathname + search);
    if (answer.status !== 200) return locationOf(answer, this.service);
    return locationOf(await allow(this.browser, answer), this.service);
  }

  /** Calls the one tool, as a program does that starts anew. Rejects with UnauthorizedError where the end-user is needed. */
  async callTool(program: Program): Promise<unknown> {
    const client = new Client({ name: 'my-assistant', version: '1.0.0' });
    const transport = new StreamableHTTPClientTransport(this.endpoint, { authProvider: program });
    try {
      // Its types do not know exactOptionalPropertyTypes.
      await client.connect(transport as Parameters<Client['connect']>[0]);
      return await client.callTool({ name: 'whoami' });
    } finally {
      await client.close();
    }
  }

  /** A program that has no token asks for one, and gets it. */
  async logIn(program: Program): Promise<void> {
    const needed: unknown = await this.callTool(program).catch((error: unknown) => error);
    if (!(needed instanceof UnauthorizedError)) throw new Error('no login was needed', { cause: needed });
    const transport = new StreamableHTTPClientTransport(this.endpoint, { authProvider: program });
    const callback = await this.callbackOf(program.asked ?? new URL('missing:'));
    await transport.finishAuth(callback.searchParams.get('code') ?? 'no code');
  }
}
