/** The fields that a kind of client needs, in the API's spelling; given options override them. */
export interface Preset {
  readonly about: string;
  /** The fields that nobody but the app knows. */
  readonly needs: readonly string[];
  readonly fields: Readonly<Record<string, unknown>>;
}

const needs = ['redirect_uris'];
const grantTypes = ['authorization_code', 'refresh_token'];
const scope = 'openid profile email offline_access';
const publicClient = { token_endpoint_auth_method: 'none', grant_types: grantTypes, scope };
const native = { application_type: 'native', ...publicClient };
const confidential = { token_endpoint_auth_method: 'client_secret_basic', grant_types: grantTypes, scope };

export const presets: Readonly<Record<string, Preset>> = {
  spa: { about: 'a single-page application: public, refreshes', needs, fields: publicClient },
  dapp: {
    about: 'a wallet client: public, no redirect',
    needs: ['wallet_origin'],
    fields: { token_endpoint_auth_method: 'none', scope },
  },
  web: {
    about: 'an application on a server: confidential, by a secret',
    needs,
    fields: confidential,
  },
  mobile: {
    about: 'an app on a phone: public, native; redirects to a URI such as com.example.app:/callback',
    needs,
    fields: native,
  },
  cli: {
    about: 'a program on the command line: public, native, redirects to any port of loopback',
    needs: [],
    fields: { ...native, redirect_uris: ['http://127.0.0.1/callback', 'http://[::1]/callback'] },
  },
  authjs: {
    about: 'Auth.js: confidential; sends no state, reads the ID token',
    needs,
    fields: { ...confidential, require_state: false, id_token_claims: true },
  },
  mcp: {
    about: 'an MCP client: public, native; sends no state',
    needs,
    fields: { ...native, require_state: false },
  },
  fapi2: {
    about: 'FAPI 2.0: keys instead of a secret, PAR, DPoP',
    needs: ['redirect_uris', 'jwks'],
    fields: {
      token_endpoint_auth_method: 'private_key_jwt',
      grant_types: grantTypes,
      require_pushed_authorization_requests: true,
      dpop_bound_access_tokens: true,
      id_token_signed_response_alg: 'ES256',
      scope,
    },
  },
};
