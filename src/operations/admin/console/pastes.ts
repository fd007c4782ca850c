import type { presets } from '../presets';

/** What an app needs to know of its client. */
export interface App {
  readonly issuer: string;
  readonly clientId: string;
  /** Only right after it was made. */
  readonly secret: string | undefined;
  readonly redirectUri: string;
  readonly scope: string;
}

interface Paste {
  /** Where it goes. */
  readonly where: string;
  /** The guide with the rest, below `docs/`. */
  readonly guide: string;
  readonly text: (app: App) => string;
}

const withPackage =
  (imports: string, more: readonly string[] = []) =>
  ({ issuer, clientId, redirectUri, scope }: App): string =>
    [
      imports,
      '',
      'export const client = createClient({',
      `  issuer: '${issuer}',`,
      `  clientId: '${clientId}',`,
      `  redirectUri: '${redirectUri}',`,
      `  scope: '${scope}',`,
      ...more,
      '});',
    ].join('\n');

const environment = ({ issuer, clientId, secret, redirectUri }: App): string =>
  [
    `TESSERA_ISSUER=${issuer}`,
    `TESSERA_CLIENT_ID=${clientId}`,
    `TESSERA_SECRET=${secret ?? '(shown once: make another below)'}`,
    `TESSERA_REDIRECT_URI=${redirectUri}`,
  ].join('\n');

const native = withPackage("import { createClient } from '@tessera/client';");

/** What to paste into an app, by the preset of its client; the same as in the guides. */
export const pastes: Readonly<Record<keyof typeof presets, Paste>> = {
  spa: {
    where: 'session.js',
    guide: 'guides/single-page-app.md',
    text: withPackage("import { createClient, dpop } from '@tessera/client';", ['  dpop: dpop(),']),
  },
  dapp: {
    where: 'session.js',
    guide: 'guides/dapp.md',
    text: ({ issuer, clientId, scope }) =>
      [
        "import { createClient, dpop, sharedStorage } from '@tessera/client';",
        "import { createWalletLogin, createWalletSession } from '@tessera/client/wallet';",
        '',
        'const options = {',
        `  issuer: '${issuer}',`,
        `  clientId: '${clientId}',`,
        `  scope: '${scope}',`,
        '  dpop: dpop(),',
        '};',
        '',
        'const tokens = sharedStorage({ storage: sessionStorage, onChange: () => session.sync() });',
        '',
        'export const client = createClient({ ...options, tokens });',
        'export const session = createWalletSession(createWalletLogin(options), { client });',
      ].join('\n'),
  },
  web: { where: 'the environment of the app', guide: 'clients.md', text: environment },
  mobile: { where: 'session.ts', guide: 'guides/mobile-app.md', text: native },
  cli: { where: 'the program', guide: 'guides/command-line.md', text: native },
  authjs: {
    where: '.env of the app',
    guide: 'clients.md',
    text: ({ issuer, clientId, secret }) =>
      [
        `AUTH_TESSERA_ISSUER=${issuer}`,
        `AUTH_TESSERA_ID=${clientId}`,
        `AUTH_TESSERA_SECRET=${secret ?? '(shown once: make another below)'}`,
      ].join('\n'),
  },
  mcp: {
    where: 'the settings of the MCP client',
    guide: 'guides/mcp-server.md',
    text: ({ issuer, clientId, redirectUri }) =>
      [`issuer: ${issuer}`, `client_id: ${clientId}`, `redirect_uri: ${redirectUri}`].join('\n'),
  },
  fapi2: {
    where: 'the environment of the app',
    guide: 'clients.md',
    text: ({ issuer, clientId, redirectUri }) =>
      [`TESSERA_ISSUER=${issuer}`, `TESSERA_CLIENT_ID=${clientId}`, `TESSERA_REDIRECT_URI=${redirectUri}`].join('\n'),
  },
};

/** For a client that was made without a preset, or long ago. */
export const anyApp: Paste = {
  where: 'the settings of the app',
  guide: 'clients.md',
  text: ({ issuer, clientId, secret }) =>
    [
      `issuer: ${issuer}`,
      `discovery: ${issuer}/.well-known/openid-configuration`,
      `client_id: ${clientId}`,
      ...(secret === undefined ? [] : [`client_secret: ${secret}`]),
    ].join('\n'),
};
