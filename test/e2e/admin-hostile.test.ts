import { beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { apiFields } from '../../src/operations/admin/api-fields';
import { clientFields } from '../../src/domain/clients/client-metadata';
import { userFields } from '../../src/operations/admin/user-fields';
import { admin, adminToken } from '../support/operations/admin';
import { fixture } from '../support/run/fixture';
import { expectEnvelope } from '../support/service/envelope';
import { fieldName, hostileIds, hostileValue, isRefusedWhole } from '../support/service/hostile-values';
import { sendRaw } from '../support/service/raw-http';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { fewerRuns } from '../support/run/property-runs';

const bearer = { authorization: `Bearer ${adminToken}` };

interface Resource {
  readonly path: string;
  readonly fields: readonly string[];
  readonly sample: Readonly<Record<string, unknown>>;
}

const clients: Resource = {
  path: '/clients',
  fields: ['client_id', ...Object.keys(clientFields)],
  sample: { client_id: 'stays', client_name: 'Stays', redirect_uris: ['https://a.example/cb'] },
};
const users: Resource = {
  path: '/users',
  fields: Object.keys(userFields),
  sample: { username: 'stays', password: 'password of a user', name: 'Stays' },
};
const apis: Resource = {
  path: '/apis',
  fields: Object.keys(apiFields),
  sample: { identifier: 'https://stays.example/', name: 'Stays', scopes: [] },
};

/** What names the field; a body that would change prototypes, or is too deep, is none at all. */
function refusalOf(field: string, body: string): RegExp {
  return new RegExp(`"${field} is not allowed so; ${isRefusedWhole(body) ? '|"body_invalid"' : ''}`);
}

describe.each(storesUnderTest)('hostile administration on %s', (store) => {
  const paths = new Map<Resource, string>();
  const before = new Map<Resource, unknown>();

  const service = fixture(() => startService(store, { ADMIN_TOKEN: adminToken }));
  beforeAll(async () => {
    for (const resource of [clients, users, apis]) {
      const { body } = await admin(service, 'POST', resource.path, resource.sample);
      const path = `${resource.path}/${String(body['id'] ?? body['client_id'])}`;
      paths.set(resource, path);
      before.set(resource, (await admin(service, 'GET', path)).body);
    }
  });

  const send = (method: string, path: string, body?: string, headers: Readonly<Record<string, string>> = {}) =>
    sendRaw(service, {
      method,
      path: `/admin${path}`,
      headers: { ...bearer, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body }),
    });

  const everyField = [clients, users, apis].flatMap((resource) =>
    resource.fields.map((field) => [field, resource.path, resource] as const),
  );

  it.each(everyField)(
    'given anything in %s of %s, when it is patched, then all of it is taken or an error names the field and nothing changes',
    async (field, _path, resource) => {
      const path = paths.get(resource) ?? '';
      await fc.assert(
        fc.asyncProperty(hostileValue, async (value) => {
          const body = JSON.stringify({ [field]: value });
          const answer = await send('PATCH', path, body);

          expectEnvelope(answer);
          if (answer.status === 400) expect(answer.text).toMatch(refusalOf(field, body));
          else expect([200, 409, 413]).toContain(answer.status);
          if (answer.status !== 200) return;
          // What was taken can be read back and sent again.
          const again = await send('PATCH', path, (await send('GET', path)).text);
          expect(again.status).toBe(200);
          await restore(resource);
        }),
        fewerRuns(25),
      );
      expect((await admin(service, 'GET', path)).body).toEqual({
        ...(before.get(resource) as object),
        ...updated(resource),
      });
    },
  );

  // Before anything is made: a client may have such an id.
  it.each(['/clients', '/users', '/apis', '/grants', '/sessions'])(
    'given any id, when it is asked for, changed or deleted under %s, then it is an error response',
    async (path) => {
      for (const id of hostileIds.map((each) => encodeURIComponent(Buffer.from(each).toString()).slice(0, 4_000))) {
        for (const method of ['GET', 'PATCH', 'DELETE']) {
          const answer = await send(method, `${path}/${id}`, method === 'PATCH' ? '{}' : undefined);
          expectEnvelope(answer);
          expect(answer.status).toBeGreaterThanOrEqual(400);
        }
      }
    },
  );

  it.each([clients, users, apis].map((resource) => [resource.path, resource] as const))(
    'given any fields with anything in them, when they are posted to %s, then it is 201 or an error response',
    async (path, { fields }) => {
      const name = fc.oneof(fieldName, fc.constantFrom(...fields));
      await fc.assert(
        fc.asyncProperty(fc.dictionary(name, hostileValue, { maxKeys: 4 }), async (record) => {
          const answer = await send('POST', path, JSON.stringify(record));

          expectEnvelope(answer);
          expect([201, 400, 409, 413]).toContain(answer.status);
        }),
        fewerRuns(100),
      );
    },
  );

  it.each([
    ['expires_old_in', '/clients/stays/secret', 201],
    ['expires_old_in', `/apis/:id/secret`, 201],
    ['immediately', '/keys/rotate', 200],
  ])('given anything in %s of %s, when it is sent, then it is done, or the field named', async (field, at, done) => {
    const path = at.replace('/apis/:id', paths.get(apis) ?? '');
    await fc.assert(
      fc.asyncProperty(hostileValue, async (value) => {
        const body = JSON.stringify({ [field]: value });
        const answer = await send('POST', path, body);

        expectEnvelope(answer);
        if (answer.status === 400) expect(answer.text).toMatch(refusalOf(field, body));
        else expect([done, 413]).toContain(answer.status);
      }),
      fewerRuns(40),
    );
  });

  it.each(['/grants', '/sessions'])(
    'given anything for a sub or a client_id, when what it names under %s is ended, then nothing is, or it is an error response',
    async (path) => {
      await fc.assert(
        fc.asyncProperty(fc.constantFrom('sub', 'client_id'), fc.string({ unit: 'binary' }), async (name, value) => {
          const answer = await send('DELETE', `${path}?${name}=${encodeURIComponent(Buffer.from(value).toString())}`);

          expectEnvelope(answer);
          if (answer.status === 200) expect(JSON.parse(answer.text)).toEqual({ ended: 0 });
          else expect(answer.status).toBe(400);
        }),
        fewerRuns(40),
      );
    },
  );

  it.each(['/clients', '/users', '/apis', '/grants', '/sessions'])(
    'given anything in the query, when %s is listed, then it is a page or an error response',
    async (path) => {
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom('limit', 'after', 'sub', 'client_id', 'x'),
          fc.string({ unit: 'binary' }),
          async (name, value) => {
            const text = encodeURIComponent(Buffer.from(value).toString());
            expectEnvelope(await send('GET', `${path}?${name}=${text}`));
          },
        ),
        fewerRuns(30),
      );
    },
  );

  it('given all of this, when it is over, then the log holds no line of a fault of ours', () => {
    const faults = service.log.filter((line) => (JSON.parse(line) as { level: number }).level >= 50);

    expect(faults).toEqual([]);
  });

  /** Puts the record back as it was before its property. */
  async function restore(resource: Resource): Promise<void> {
    const path = paths.get(resource) ?? '';
    const { id: _id, sub: _sub, updated_at: _updated, ...fields } = before.get(resource) as Record<string, unknown>;
    const absent = Object.fromEntries(resource.fields.filter((name) => !(name in fields)).map((name) => [name, null]));
    const { client_id: _clientId, identifier: _identifier, ...rest } = { ...absent, ...fields };
    const answer = await admin(service, 'PATCH', path, rest);
    if (answer.status !== 200) throw new Error(`not restored: ${JSON.stringify(answer.body)}`);
  }

  function updated(resource: Resource): object {
    return resource === users ? { updated_at: expect.any(Number) } : {};
  }
});
