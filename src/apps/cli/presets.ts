/** What a kind of client needs, in the API's field names; what is given besides goes before it. */
export interface Preset {
  readonly about: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const refreshing = ['authorization_code', 'refresh_token'];
const everyScope = 'openid profile email offline_access';

export const presets: Readonly<Record<string, Preset>> = {
  spa: {
    about: 'a single-page application: public, refreshes. Needs --redirect-uris',
    fields: { token_endpoint_auth_method: 'none', grant_types: refreshing, scope: everyScope },
  },
  dapp: {
    about: 'a wallet client: public, no redirect. Needs --wallet-origin',
    fields: { token_endpoint_auth_method: 'none', scope: everyScope },
  },
  web: {
    about: 'an application on a server: confidential, by a secret. Needs --redirect-uris',
    fields: { token_endpoint_auth_method: 'client_secret_basic', grant_types: refreshing, scope: everyScope },
  },
  mobile: {
    about: 'an app on a phone: public, native. Needs --redirect-uris, as com.example.app:/callback',
    fields: {
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: refreshing,
      scope: everyScope,
    },
  },
  cli: {
    about: 'a program on the command line: public, native, redirects to any port of loopback',
    fields: {
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: refreshing,
      redirect_uris: ['http://127.0.0.1/callback', 'http://[::1]/callback'],
      scope: everyScope,
    },
  },
  authjs: {
    about: 'Auth.js: confidential; sends no state, reads the ID token. Needs --redirect-uris',
    fields: {
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: refreshing,
      require_state: false,
      id_token_claims: true,
      scope: everyScope,
    },
  },
  mcp: {
    about: 'an MCP client: public, native; sends no state. Needs --redirect-uris',
    fields: {
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: refreshing,
      require_state: false,
      scope: everyScope,
    },
  },
  fapi2: {
    about: 'FAPI 2.0: keys in place of a secret, PAR, DPoP. Needs --redirect-uris and --jwks',
    fields: {
      token_endpoint_auth_method: 'private_key_jwt',
      grant_types: refreshing,
      require_pushed_authorization_requests: true,
      dpop_bound_access_tokens: true,
      id_token_signed_response_alg: 'ES256',
      scope: everyScope,
    },
  },
};
