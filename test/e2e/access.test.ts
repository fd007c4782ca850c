import { describe, expect, it } from '@jest/globals';
import type { EndpointDeclaration } from '../../src/platform/http/endpoint';
import type { OpenApiDocument, Security } from '../../src/platform/http/openapi';
import { declarationsOf } from '../support/service/routes';
import { fixture } from '../support/run/fixture';
import { adminToken } from '../support/operations/admin';
import { startService } from '../support/service/service';

/** What an endpoint answers to who shows nothing, by who may call it. */
const letIn: Readonly<Record<string, readonly [status: number, endpoints: string]>> = {
  'browser session': [303, 'GET /account, POST /account'],
  client: [401, 'POST /introspect, POST /par, POST /revoke, POST /token'],
  'access token': [401, 'GET /api/me'],
  'access token openid': [401, 'GET /userinfo, POST /userinfo'],
  'metrics token': [401, 'GET /metrics'],
  'initial access token': [401, 'POST /register'],
  'registration access token': [401, 'DELETE /register/:client_id, GET /register/:client_id, PUT /register/:client_id'],
  'admin read': [
    401,
    `GET /admin/apis, GET /admin/apis/:id, GET /admin/audit-events, GET /admin/clients, GET /admin/clients/:client_id,
     GET /admin/dashboard, GET /admin/grants, GET /admin/keys, GET /admin/security-report, GET /admin/sessions,
     GET /admin/users, GET /admin/users/:id`,
  ],
  'admin write': [
    401,
    `DELETE /admin/apis/:id, DELETE /admin/clients/:client_id, DELETE /admin/grants, DELETE /admin/grants/:id,
     DELETE /admin/sessions, DELETE /admin/sessions/:id, DELETE /admin/users/:id,
     PATCH /admin/apis/:id, PATCH /admin/clients/:client_id, PATCH /admin/users/:id,
     POST /admin/apis, POST /admin/apis/:id/secret, POST /admin/clients, POST /admin/clients/:client_id/secret,
     POST /admin/dashboard/sign-out, POST /admin/keys/rotate, POST /admin/users, POST /compare/runs`,
  ],
};
/** A development server has three more, for the demo's clients and `/debug/state`. */
const publicEndpoints = `
  GET /, GET /.well-known/jwks.json, GET /.well-known/oauth-authorization-server,
  GET /.well-known/openid-configuration, GET /authorize, GET /compare, GET /compare/attacks, GET /compare/runs/:id,
  GET /compare/runs/:id/events, GET /docs, GET /docs-json, GET /health/live, GET /health/ready, GET /login, GET /logout,
  POST /admin/dashboard, POST /authorize, POST /consent, POST /login, POST /login/wallet, POST /login/wallet/challenge,
  POST /logout, POST /wallet/challenge, POST /wallet/nonce, POST /wallet/verify`;
const bodies = {
  form: ['application/x-www-form-urlencoded', 'grant_type=authorization_code'],
  json: ['application/json', '{}'],
  none: [],
} as const;
/** Asks for its form's protection before it asks who is there. */
const formOfSession = 'POST /account';

const nameOf = ({ method, path }: EndpointDeclaration) => `${method} ${path}`;

/** Who may call it, in one text. */
function accessOf({ access }: EndpointDeclaration): string {
  return access === 'public' ? access : [access.by, access.right ?? access.scope ?? []].flat().join(' ');
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
      endpoints.split(',').map((endpoint) => `${access}: ${endpoint.trim()}`),
    );

    expect(declared.toSorted()).toEqual(table.toSorted());
  });

  it.each(Object.entries(letIn))(
    'given an endpoint for %s, when it is called without, then that is all it says',
    async (access, [status]) => {
      const endpoints = declarations.filter((each) => accessOf(each) === access && nameOf(each) !== formOfSession);

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
