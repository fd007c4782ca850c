import { describe, expect, it } from '@jest/globals';
import type { EndpointDeclaration } from '../../src/platform/http/endpoint';
import type { OpenApiDocument, Security } from '../../src/platform/http/openapi';
import { declarationsOf } from '../support/service/routes';
import { fixture } from '../support/run/fixture';
import { adminToken } from '../support/operations/admin';
import { startService } from '../support/service/service';

/** What an endpoint answers to who shows nothing, by who may call it. */
const letIn: Readonly<Record<string, readonly [status: number, endpoints: string]>> = {
  'browser session': [
    303,
    `GET /account, POST /account, POST /account/email, POST /account/passkeys, POST /account/passkeys/:id,
     POST /account/passkeys/challenge, POST /account/password, POST /account/recovery-codes, POST /account/wallets,
     POST /account/wallets/:account_id, POST /account/wallets/challenge`,
  ],
  client: [401, 'POST /introspect, POST /par, POST /revoke, POST /token'],
  'access token': [401, 'GET /api/me'],
  'access token openid': [401, 'GET /userinfo, POST /userinfo'],
  'metrics token': [401, 'GET /metrics'],
  'initial access token': [401, 'POST /register'],
  'registration access token': [401, 'DELETE /register/:client_id, GET /register/:client_id, PUT /register/:client_id'],
  'admin viewer': [
    401,
    `GET /admin/apis, GET /admin/apis/:id, GET /admin/clients, GET /admin/clients/:client_id, GET /admin/dashboard,
     GET /admin/grants, GET /admin/keys, GET /admin/sessions, GET /admin/users, GET /admin/users/:id, GET
     /admin/console, GET /admin/console/clients, GET /admin/console/apis, GET /admin/console/users, GET
     /admin/console/clients/:id, GET /admin/console/apis/:id, GET /admin/console/users/:id, GET
     /admin/console/keys, POST /admin/console/sign-out`,
  ],
  'admin auditor': [
    401,
    `GET /admin/audit-events, GET /admin/audit-events/verification, GET /admin/security-report, GET /admin/console/audit, GET /admin/console/audit/login,
     GET /admin/console/audit/verification`,
  ],
  'admin support': [
    401,
    `DELETE /admin/grants, DELETE /admin/grants/:id, DELETE /admin/sessions, DELETE /admin/sessions/:id, PATCH
     /admin/users/:id, POST /admin/users/:id/links, POST /admin/console/users/:id, POST
     /admin/console/users/:id/end, POST /admin/console/users/:id/links`,
  ],
  'admin admin': [
    401,
    `DELETE /admin/apis/:id, DELETE /admin/clients/:client_id, DELETE /admin/operators/:id, DELETE
     /admin/users/:id, GET /admin/operators, GET /admin/operators/:id, PATCH /admin/apis/:id, PATCH
     /admin/clients/:client_id, PATCH /admin/operators/:id, POST /admin/apis, POST /admin/apis/:id/secret,
     POST /admin/clients, POST /admin/clients/:client_id/secret, POST /admin/keys/rotate, POST
     /admin/operators, POST /admin/operators/:id/token, POST /admin/users, POST /compare/runs, GET
     /admin/console/operators, GET /admin/console/operators/:id, POST /admin/console/keys/rotate, GET
     /admin/console/new/clients, POST /admin/console/clients, GET /admin/console/clients/:id/remove, POST
     /admin/console/clients/:id/remove, POST /admin/console/clients/:id, GET /admin/console/new/apis, POST
     /admin/console/apis, GET /admin/console/apis/:id/remove, POST /admin/console/apis/:id/remove, POST
     /admin/console/apis/:id, GET /admin/console/new/users, POST /admin/console/users, GET
     /admin/console/users/:id/remove, POST /admin/console/users/:id/remove, GET /admin/console/new/operators,
     POST /admin/console/operators, GET /admin/console/operators/:id/remove, POST
     /admin/console/operators/:id/remove, POST /admin/console/operators/:id, POST
     /admin/console/clients/:id/secret, POST /admin/console/apis/:id/secret, POST
     /admin/console/operators/:id/token`,
  ],
};
/** A development server has three more, for the demo's clients and `/debug/state`. */
const publicEndpoints = `
  GET /, GET /.well-known/jwks.json, GET /.well-known/oauth-authorization-server,
  GET /.well-known/openid-configuration, GET /authorize, GET /compare, GET /compare/ablation, GET /compare/attacks,
  GET /compare/checks, GET /compare/runs/:id,
  GET /compare/runs/:id/events, GET /docs, GET /docs-json, GET /health/live, GET /health/ready,
  GET /link, GET /login, GET /login/recovery, GET /logout, GET /recover, GET /sign-up,
  POST /admin/console, POST /authorize, POST /consent, POST /link, POST /link/passkeys/challenge, POST /login, POST /login/passkey, POST /login/passkey/challenge,
  POST /login/recovery,  POST /login/wallet, POST /login/wallet/challenge,
  POST /logout, POST /recover, POST /sign-up, POST /sign-up/challenge, POST /wallet/challenge, POST /wallet/nonce, POST /wallet/verify`;
const bodies = {
  form: ['application/x-www-form-urlencoded', 'grant_type=authorization_code'],
  json: ['application/json', '{}'],
  none: [],
} as const;
/** Ask for their form's protection before they ask who is there. */
const formOfSession = /^POST \/account/;

const nameOf = ({ method, path }: EndpointDeclaration) => `${method} ${path}`;

/** Who may call it, in one text. */
function accessOf({ access }: EndpointDeclaration): string {
  return access === 'public' ? access : [access.by, access.role ?? access.scope ?? []].flat().join(' ');
}

describe('who is let in', () => {
  const service = fixture(() =>
    startService('lmdb', {
      NODE_ENV: 'production',
      ISSUER: 'https://auth.example',
      COMPARISON: 'on',
      ADMIN_TOKEN: adminToken,
      METRICS_TOKEN: 'a-token-of-the-metrics-0123456789',
      REGISTRATION: 'token',
      REGISTRATION_TOKEN: 'an-initial-access-token-0123456789',
    }),
  );
  const declarations = fixture(() => declarationsOf(service));

  /** With what its precondition asks for, and nothing that says who calls. */
  async function callWithoutCredentials({ method, path, body }: EndpointDeclaration): Promise<number> {
    const [type, text] = body === undefined ? [] : bodies[body];
    const answer = await fetch(service.url + path.replace(/:\w+/, 'demo-spa'), {
      method,
      redirect: 'manual',
      ...(type !== undefined && { body: text, headers: { 'content-type': type } }),
    });
    return answer.status;
  }

  it('given every endpoint, when its declaration is read, then it stands in the table, and no other', () => {
    const declared = declarations.map((each) => `${accessOf(each)}: ${nameOf(each)}`);
    const all = [...Object.entries(letIn), ['public', [200, publicEndpoints]] as const];
    const table = all.flatMap(([access, [, endpoints]]) =>
      endpoints.split(',').map((endpoint) => `${access}: ${endpoint.trim().replace(/\s+/, ' ')}`),
    );

    expect(declared.toSorted()).toEqual(table.toSorted());
  });

  it.each(Object.entries(letIn))(
    'given an endpoint for %s, when it is called without, then that is all it says',
    async (access, [status]) => {
      const endpoints = declarations.filter((each) => accessOf(each) === access && !formOfSession.test(nameOf(each)));

      const answers = await Promise.all(
        endpoints.map(async (each) => [nameOf(each), await callWithoutCredentials(each)] as const),
      );

      expect(answers).toEqual(endpoints.map((each) => [nameOf(each), status]));
    },
  );

  it('given the OpenAPI document, when its security is read, then it is what the endpoints declare', async () => {
    const document: OpenApiDocument = await fetch(`${service.url}/docs-json`).then((response) => response.json());
    const asked = new Map<string, Security | undefined>(
      Object.entries(document.paths).flatMap(([path, item]) =>
        Object.entries(item).map(([method, { security }]) => [`${method.toUpperCase()} ${path}`, security] as const),
      ),
    );

    for (const declaration of declarations) {
      const { access } = declaration;
      const name = nameOf(declaration).replace(/:(\w+)/g, '{$1}');
      expect([name, asked.get(name)]).toEqual([name, access === 'public' ? undefined : access.security]);
    }
    expect(asked.get('GET /userinfo')).toEqual([{ bearer: [] }, { dpop: [] }]);
    expect(asked.get('POST /token')).toEqual([{ basic: [] }, {}]);
  });
});
