import { beforeEach, describe, expect, it } from '@jest/globals';
import type { OpenApiDocument } from '../../src/platform/http/openapi';
import type { EndpointDeclaration } from '../../src/platform/http/endpoint';
import { includesRole, type OperatorRole, operatorRoles } from '../../src/domain/identity/operator-role';
import type { Answer } from '../support/clients/wallet';
import { admin, adminToken } from '../support/operations/admin';
import { eventsOf } from '../support/operations/audit';
import { tesseraHere } from '../support/operations/tessera-command';
import { fixture } from '../support/run/fixture';
import { declarationsOf } from '../support/service/routes';
import { startService, startServiceOn } from '../support/service/service';
import { bothStores, emptyStore, storesUnderTest } from '../support/stores/stores';

const password = 'correct horse battery staple';
const refusalOf = ({ status, body }: Answer) => [status, body['error'], body['reason']];
const roleOf = ({ access }: EndpointDeclaration) => (access === 'public' ? undefined : (access.role as OperatorRole));
const insufficient = [403, 'access_denied', 'role_insufficient'];
const unknown = [401, 'invalid_token', 'admin_token_required'];

describe.each(storesUnderTest)('named operators on %s', (store) => {
  const service = fixture(() => startService(store, { ADMIN_TOKEN: adminToken }));
  let number = 0;

  const as = (token: unknown, method: string, path: string, body?: unknown) =>
    admin(service, method, path, body, { authorization: `Bearer ${String(token)}` });
  const add = (record: object) => admin(service, 'POST', '/operators', record);
  /** A new operator with this role. */
  async function operator(role: OperatorRole, more: object = {}): Promise<{ id: string; token: string; name: string }> {
    const { status, body } = await add({ name: `operator ${(number += 1)}`, role, ...more });
    expect(status).toBe(201);
    return { id: String(body['id']), token: String(body['token']), name: String(body['name']) };
  }
  async function user(more: object = {}): Promise<string> {
    const username = `user-${(number += 1)}`;
    const { body } = await admin(service, 'POST', '/users', { username, password, ...more });
    return String(body['id']);
  }

  it('given a new one, when it is added, then the token is shown once, with a prefix, and works', async () => {
    const { status, body } = await add({ name: 'Ada', role: 'viewer' });
    const { id, token, ...rest } = body;

    const listed = await admin(service, 'GET', '/operators');
    const found = await admin(service, 'GET', `/operators/${String(id)}`);

    expect(status).toBe(201);
    expect(token).toMatch(/^tso_[\w-]{43}$/);
    expect(rest).toEqual({ name: 'Ada', role: 'viewer', disabled: false, created_at: expect.any(Number) });
    expect(JSON.stringify([listed.body, found.body])).not.toContain(String(token));
    expect(found.body).toEqual({ id, ...rest });
    expect((await as(token, 'GET', '/clients')).status).toBe(200);
  });

  it.each([
    ['no name', { role: 'viewer' }],
    ['no role', { name: 'No role' }],
    ['another role', { name: 'Other role', role: 'owner' }],
    ['the name of the admin token', { name: 'Bootstrap', role: 'admin' }],
    ['a name of 65 characters', { name: 'x'.repeat(65), role: 'admin' }],
    ['a control character', { name: 'a\u0007b', role: 'admin' }],
    ['an end in the past', { name: 'Late', role: 'admin', expires_at: 1 }],
    ['another field', { name: 'More', role: 'admin', token: 'tso_mine' }],
  ])('given %s, when one is added, then it is 400 field_invalid', async (_what, record) => {
    expect(refusalOf(await add(record))).toEqual([400, 'invalid_request', 'field_invalid']);
  });

  it('given a taken name, in another case, when one is added or renamed, then it is 409, also 20 at once', async () => {
    const { id } = await operator('viewer');
    const added = await Promise.all(Array.from({ length: 20 }, () => add({ name: 'One name', role: 'viewer' })));
    const renamed = await admin(service, 'PATCH', `/operators/${id}`, { name: 'ONE NAME' });

    expect(added.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(refusalOf(renamed)).toEqual([409, 'invalid_request', 'already_exists']);
  });

  it.each([
    ['disabled', { disabled: true }],
    ['expired', { expires_at: 0 }],
  ])('given one that is %s, when its token is shown, then it is 401 as for an unknown one', async (_what, patch) => {
    const { id, token } = await operator('support');
    const soon = Math.floor(service.clock.now() / 1000) + 60;
    const changed = await admin(
      service,
      'PATCH',
      `/operators/${id}`,
      'expires_at' in patch ? { expires_at: soon } : patch,
    );
    service.clock.advance(61_000);

    const shown = await as(token, 'GET', '/clients');
    const other = await as(`tso_${'x'.repeat(43)}`, 'GET', '/clients');

    expect(changed.status).toBe(200);
    expect(refusalOf(shown)).toEqual(unknown);
    expect(shown.body).toEqual(other.body);
  });

  it('given another token, when the former one overlaps, then both work until its end, and no third', async () => {
    const { id, token } = await operator('viewer');
    const second = await admin(service, 'POST', `/operators/${id}/token`, { expires_old_in: 60 });
    const both = [await as(token, 'GET', '/keys'), await as(second.body['token'], 'GET', '/keys')];
    const third = await admin(service, 'POST', `/operators/${id}/token`, { expires_old_in: 60 });
    const first = await as(token, 'GET', '/keys');
    service.clock.advance(60_000);
    const late = await as(second.body['token'], 'GET', '/keys');
    const last = await as(third.body['token'], 'GET', '/keys');

    expect([second.status, third.status]).toEqual([201, 201]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect([first.status, late.status, last.status]).toEqual([401, 401, 200]);
  });

  it('given a use, when the record is read, then it tells when, to five minutes', async () => {
    const { id, token } = await operator('viewer');
    const used = async () => (await admin(service, 'GET', `/operators/${id}`)).body['last_used_at'];
    const before = await used();
    await as(token, 'GET', '/keys');
    const first = await used();
    service.clock.advance(299_000);
    await as(token, 'GET', '/keys');
    const second = await used();
    service.clock.advance(1_000);
    await as(token, 'GET', '/keys');

    expect([before, second]).toEqual([undefined, first]);
    expect(Number(await used()) - Number(first)).toBeGreaterThanOrEqual(300);
  });

  it('given a role that is taken away, when the token is shown, then it has the new one', async () => {
    const { id, token } = await operator('support');
    const before = await as(token, 'GET', '/security-report');
    await admin(service, 'PATCH', `/operators/${id}`, { role: 'viewer' });

    expect([before.status, refusalOf(await as(token, 'GET', '/security-report'))]).toEqual([200, insufficient]);
  });

  it('given its own role, when an admin changes it, then it is 403, and other fields change', async () => {
    const { id, token } = await operator('admin');
    const role = await as(token, 'PATCH', `/operators/${id}`, { role: 'viewer' });
    const name = await as(token, 'PATCH', `/operators/${id}`, { name: `renamed ${id}`, role: 'admin' });

    expect(refusalOf(role)).toEqual(insufficient);
    expect([name.status, name.body['name']]).toEqual([200, `renamed ${id}`]);
  });

  it('given one without the right, when it tries, then it is refused before its body is read, and that is an event', async () => {
    const { token } = await operator('viewer');
    const sub = await user();
    let refused: Answer | undefined;
    const [event] = await eventsOf(service, async () => {
      refused = await as(token, 'PATCH', `/users/${sub}`, 'no JSON');
    });

    expect(refused && refusalOf(refused)).toEqual(insufficient);
    expect([event?.type, event?.reason, JSON.stringify(event)]).toEqual([
      'request_refused',
      'role_insufficient',
      expect.not.stringContaining(token),
    ]);
  });

  it('given a token in the URL, when the administration is called, then it is refused and told, also beside the header', async () => {
    const { token } = await operator('admin');
    const refused: unknown[] = [];
    const [event] = await eventsOf(service, async () => {
      for (const secret of [token, adminToken]) {
        refused.push((await admin(service, 'GET', `/keys?access_token=${secret}`)).body['reason']);
      }
    });

    expect(refused).toEqual(['token_in_url', 'token_in_url']);
    expect(event?.reason).toBe('token_in_url');
  });

  describe('support', () => {
    let token: string;

    beforeEach(async () => {
      ({ token } = await operator('support'));
    });

    it('given a user, when name, email, picture and disabled change, then they do, and the address is not verified', async () => {
      const sub = await user({ email: 'a@example.com', email_verified: true });
      const same = await as(token, 'PATCH', `/users/${sub}`, { name: 'Anna', email: 'a@example.com' });
      const other = await as(token, 'PATCH', `/users/${sub}`, { email: 'b@example.com', disabled: true });
      const link = await as(token, 'POST', `/users/${sub}/links`, { purpose: 'recovery' });

      expect([same.status, same.body['name'], same.body['email_verified']]).toEqual([200, 'Anna', true]);
      expect([other.body['email'], other.body['email_verified'], other.body['disabled']]).toEqual([
        'b@example.com',
        false,
        true,
      ]);
      expect(link.status).toBe(201);
    });

    it.each([
      { password },
      { password_hash: '$2b$04$abcdefghijklmnopqrstuuVXkqJxUF1pu6kTqXGE6bS3z0cM1M8Sm' },
      { email_verified: true },
      { username: 'another' },
      { operator_role: 'admin' },
      { operator_role: null },
      { name: 'Anna', email_verified: true },
    ])('given %j, when it is sent, then it is 403, and nothing changes', async (patch) => {
      const sub = await user({ email: 'a@example.com' });
      const before = (await admin(service, 'GET', `/users/${sub}`)).body;

      expect(refusalOf(await as(token, 'PATCH', `/users/${sub}`, patch))).toEqual(insufficient);
      expect((await admin(service, 'GET', `/users/${sub}`)).body).toEqual(before);
    });

    it('given a user with a role, when anything is tried, then it is 403', async () => {
      const sub = await user({ operator_role: 'viewer' });
      const answers = [
        await as(token, 'PATCH', `/users/${sub}`, { name: 'Anna' }),
        await as(token, 'POST', `/users/${sub}/links`, { purpose: 'recovery' }),
        await as(token, 'DELETE', `/sessions?sub=${sub}`),
        await as(token, 'DELETE', `/grants?sub=${sub}`),
        await as(token, 'DELETE', '/grants?client_id=demo-spa'),
      ];

      expect(answers.map(refusalOf)).toEqual(answers.map(() => insufficient));
      expect((await as(token, 'DELETE', `/sessions?sub=${await user()}`)).status).toBe(200);
    });
  });
});

describe.each(bothStores)('the last admin on %s', (store) => {
  const service = fixture(() => startService(store, { ADMIN_TOKEN: adminToken }));

  it('given one, when it is removed, disabled or lowered, then it is 409, also two at once', async () => {
    const made = await Promise.all(
      ['one', 'two'].map((name) => admin(service, 'POST', '/operators', { name, role: 'admin' })),
    );
    const [one, two] = made.map(({ body }) => `/operators/${String(body['id'])}`);
    const atOnce = await Promise.all([
      admin(service, 'DELETE', `${one}`),
      admin(service, 'PATCH', `${two}`, { role: 'viewer' }),
    ]);
    const left = (await admin(service, 'GET', '/operators')).body['data'] as { id: string; role: string }[];
    const last = left.find(({ role }) => role === 'admin');
    const refused = [
      await admin(service, 'DELETE', `/operators/${last?.id}`),
      await admin(service, 'PATCH', `/operators/${last?.id}`, { disabled: true }),
      await admin(service, 'PATCH', `/operators/${last?.id}`, { role: 'support' }),
    ];

    expect(atOnce.filter(({ status }) => status === 409)).toHaveLength(1);
    expect(refused.map(refusalOf)).toEqual(refused.map(() => [409, 'invalid_request', 'last_admin']));
  });
});

describe.each(bothStores)('without an admin token on %s', (storeName) => {
  const store = fixture(() => emptyStore(storeName));
  const service = fixture(() => startServiceOn(store));

  it('given nobody, when anything is called, then it is 404; given an operator by command, then there is an administration', async () => {
    const before = await Promise.all(
      ['GET', 'PUT', 'POST'].map((method) => fetch(`${service.url}/admin/clients`, { method })),
    );
    const { stdout } = await tesseraHere(['operators', 'add', '--name', 'first', '--role', 'admin', '--json'], {
      ...store.env,
    });
    const { token } = JSON.parse(stdout) as { token: string };
    service.clock.advance(1_000);
    const after = await admin(service, 'GET', '/clients', undefined, { authorization: `Bearer ${token}` });

    expect(before.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect(after.status).toBe(200);
  });
});

describe('two admin tokens', () => {
  const former = 'the-admin-token-that-goes-0123456789';
  const service = fixture(() => startService('lmdb', { ADMIN_TOKEN: `${adminToken},${former}` }));

  it('given either, when it is shown, then it is the operator bootstrap', async () => {
    for (const token of [adminToken, former, `${adminToken},${former}`]) {
      const { status } = await admin(service, 'GET', '/keys', undefined, { authorization: `Bearer ${token}` });
      expect(status).toBe(token.includes(',') ? 401 : 200);
    }
  });
});

describe('the rights', () => {
  const service = fixture(() => startService('lmdb', { ADMIN_TOKEN: adminToken, COMPARISON: 'on' }));
  const declarations = fixture(() => declarationsOf(service));
  const tokens = new Map<OperatorRole, string>();
  const guarded = () => declarations.filter((each) => each.path.startsWith('/admin') && roleOf(each) !== undefined);

  beforeEach(async () => {
    for (const role of operatorRoles) {
      if (tokens.has(role)) continue;
      const { body } = await admin(service, 'POST', '/operators', { name: role, role });
      tokens.set(role, String(body['token']));
    }
  });

  it.each(operatorRoles)(
    'given a %s, when every endpoint is called, then the declared ones let them in',
    async (role) => {
      const answers = await Promise.all(
        guarded().map(async ({ method, path }) => {
          const response = await fetch(service.url + path.replace(/:\w+/, 'nobody'), {
            method,
            headers: { authorization: `Bearer ${tokens.get(role)}`, accept: 'application/json' },
            redirect: 'manual',
          });
          const { reason } = (await response.json().catch(() => ({}))) as { reason?: string };
          return [`${method} ${path}`, reason !== 'role_insufficient'] as const;
        }),
      );
      const expected = guarded().map((each) => {
        return [`${each.method} ${each.path}`, includesRole(role, roleOf(each) ?? 'admin')] as const;
      });
      expect(answers).toEqual(expected);
    },
  );

  it('given an endpoint under /admin, when it is declared, then it needs a role, which OpenAPI shows', async () => {
    const document: OpenApiDocument = await fetch(`${service.url}/docs-json`).then((response) => response.json());
    for (const each of guarded()) {
      const item: Record<string, unknown> = document.paths[each.path.replace(/:(\w+)/g, '{$1}')] ?? {};
      const operation = item[each.method.toLowerCase()];
      expect([each.path, operation]).toEqual([each.path, expect.objectContaining({ 'x-role': roleOf(each) })]);
    }
    const open = declarations.filter((each) => each.path.startsWith('/admin') && roleOf(each) === undefined);
    expect(open.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /admin/console']);
  });
});
