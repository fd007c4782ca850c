import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ApiStore } from '../../src/domain/apis/api-store';
import { ClientStore } from '../../src/domain/clients/client-store';
import { newId } from '../../src/domain/credentials/secret';
import { UserStore } from '../../src/domain/identity/user-store';
import { AdminApis } from '../../src/operations/admin/apis';
import { AdminClients } from '../../src/operations/admin/clients';
import { AdminUsers } from '../../src/operations/admin/users';
import { ConfigApplier } from '../../src/operations/admin/apply/config-applier';
import { found } from '../../src/operations/admin/admin-error';
import { admin, adminToken } from '../support/operations/admin';
import { auditPage, eventsOf } from '../support/operations/audit';
import { tesseraHere } from '../support/operations/tessera-command';
import { askWith, codeFor, loggedIn, redeem, redirectUri } from '../support/clients/pkce-login';
import { manage, nativeClient, register } from '../support/clients/registration';
import { fixture, fixtureOfEach } from '../support/run/fixture';
import { temporaryDirectory } from '../support/run/temporary-directory';
import { RecordedEvents } from '../support/service/recorded-events';
import { startServiceOn, type TestService } from '../support/service/service';
import { bothStores, emptyStore } from '../support/stores/stores';

interface Desired {
  readonly apis?: readonly object[];
  readonly clients?: readonly object[];
  readonly users?: readonly object[];
}

/** As a command has it, on the stores of the service. */
function applierOf({ app }: Pick<TestService, 'app'>): ConfigApplier {
  const stores = [app.get(ClientStore), app.get(ApiStore), app.get(UserStore)] as const;
  return new ConfigApplier(...stores, app.get(AdminClients), app.get(AdminApis), app.get(AdminUsers));
}

describe.each(bothStores)('apply --prune on %s', (name) => {
  const store = fixture(() => emptyStore(name));
  const service = fixture(() => startServiceOn(store, { ADMIN_TOKEN: adminToken, REGISTRATION: 'open' }));
  const path = join(temporaryDirectory(), 'tessera.yaml');

  const call = (method: string, at: string, body?: unknown) => admin(service, method, at, body);
  async function apply(desired: Desired, ...options: readonly string[]) {
    writeFileSync(path, JSON.stringify(desired));
    return tesseraHere(['apply', path, ...options], store.env);
  }
  const told = async (...given: Parameters<typeof apply>) => {
    const { status, stdout, stderr } = await apply(...given);
    expect([status, stderr]).toEqual([0, '']);
    return stdout;
  };
  /** Once the service sees what the command has changed. */
  const statusOf = async (clientId: string) => {
    service.clock.advance(6_000);
    return (await call('GET', `/clients/${clientId}`)).status;
  };
  afterEach(() => told({ clients: [keep] }, '--prune'));

  const keep = { client_id: 'keep', redirect_uris: [redirectUri] };
  /** Names of their own for each test, in the order of their letters. */
  const names = fixtureOfEach(async () => {
    const id = newId().replace(/\W/g, 'x').toLowerCase();
    const of = (letter: string) => ({ client_id: `${letter}-${id}`, redirect_uris: [redirectUri] });
    return { a: of('a'), b: of('b'), user: { username: `user-${id}` }, api: { identifier: `https://${id}.example` } };
  });

  it('given a file that names less than the one before, when it is applied, then what only that one named goes with --prune alone', async () => {
    const { a, b, user, api } = names;
    const byHand = await call('POST', '/clients', { ...b, client_id: `${b.client_id}-by-hand` });
    await told({ apis: [api], clients: [keep, a, b], users: [user] });
    const less = { clients: [keep, { ...a, client_name: 'Another' }] };

    const dry = await told(less, '--diff');
    const dryPruning = await told(less, '--prune', '--diff');
    const unchanged = await call('GET', `/clients/${a.client_id}`);
    const without = await told(less);
    const again = await told(less);
    const before = await statusOf(b.client_id);
    const pruning = await told(less, '--prune');
    const last = await told(less, '--prune');

    const rest = [`client ${b.client_id} would be removed`, `api ${api.identifier} would be removed`];
    const prunable = rest.map((line) => `${line} with --prune\n`).join('');
    expect(dry).toBe(`client ${a.client_id} would be changed: client_name\n${prunable}`);
    expect(dryPruning).toBe(`client ${a.client_id} would be changed: client_name\n${rest.join('\n')}\n`);
    expect(unchanged.body).toMatchObject({ client_name: a.client_id, managed: true });
    expect(without).toBe(`client ${a.client_id} changed: client_name\n${prunable}`);
    expect(again).toBe(`nothing to change\n${prunable}`);
    expect(pruning).toBe(`client ${b.client_id} removed\napi ${api.identifier} removed\n`);
    expect([byHand.status, before, last]).toEqual([201, 200, 'nothing to change\n']);
    const statuses = [statusOf(a.client_id), statusOf(b.client_id), statusOf(`${b.client_id}-by-hand`)];
    expect(await Promise.all(statuses)).toEqual([200, 404, 200]);
    expect((await call('GET', '/apis')).body['data']).not.toContainEqual(expect.objectContaining(api));
    const { data } = (await call('GET', '/users')).body as { data: unknown[] };
    expect(data).toContainEqual(expect.objectContaining({ ...user, managed: true }));
  });

  it('given --json, when it is applied, then as for a program', async () => {
    const { a } = names;
    await told({ clients: [keep, a] });

    const [without, dry, pruning, last] = [
      await told({ clients: [keep] }, '--json'),
      await told({ clients: [keep] }, '--json', '--prune', '--diff'),
      await told({ clients: [keep] }, '--json', '--prune'),
      await told({ clients: [keep] }, '--json', '--prune'),
    ].map((text) => JSON.parse(text));

    const named = { kind: 'client', name: a.client_id };
    expect(without).toEqual({ changes: [], prunable: [named] });
    expect(dry).toEqual({ changes: [{ ...named, action: 'removed', fields: [] }] });
    expect([pruning, last]).toEqual([dry, { changes: [] }]);
  });

  it('given records that were made by hand, when a file names them, then they are managed from then on, and no caller says so', async () => {
    const { a, b, user, api } = names;
    const made = [
      await call('POST', '/clients', a),
      await call('POST', '/clients', b),
      await call('POST', '/apis', api),
      await call('POST', '/users', user),
    ];
    const desired = { apis: [api], clients: [keep, a], users: [user] };

    const dry = await told(desired, '--prune', '--diff');
    const first = await told(desired, '--prune');
    const second = await told(desired, '--prune');
    const patched = await call('PATCH', `/clients/${a.client_id}`, { client_name: 'By hand' });
    const refused = [
      await call('PATCH', `/clients/${a.client_id}`, { managed: false }),
      await call('PATCH', `/clients/${a.client_id}`, { managed: null }),
      await call('PATCH', `/clients/${b.client_id}`, { managed: true }),
      await call('PATCH', `/apis/${String(made[2]?.body['id'])}`, { managed: false }),
      await call('PATCH', `/users/${String(made[3]?.body['id'])}`, { managed: false }),
      await call('POST', '/clients', { redirect_uris: [redirectUri], managed: true }),
    ];

    const { data } = await auditPage(service, { client_id: a.client_id, type: 'client_changed' });
    expect(data.map(({ changed }) => changed)).toEqual([['client_name'], ['client_id', 'managed', 'redirect_uris']]);
    expect(made.map(({ body }) => body['managed'])).toEqual([false, false, false, false]);
    expect(dry).toBe(first.replaceAll(' changed', ' would be changed'));
    expect(first).toBe(
      `api ${api.identifier} changed: managed\nclient ${a.client_id} changed: managed\nuser ${user.username} changed: managed\n`,
    );
    expect(second).toBe('nothing to change\n');
    expect([patched.status, patched.body['managed']]).toEqual([200, true]);
    expect(refused.map(({ status, body }) => [status, body['reason']])).toEqual(
      refused.map(() => [400, 'field_invalid']),
    );
    expect(await told({ clients: [keep] }, '--prune')).toBe(
      `client ${a.client_id} removed\napi ${api.identifier} removed\n`,
    );
  });

  it('given a client with a login, when it is pruned, then its grants have ended, and the trail tells it', async () => {
    const { a } = names;
    await told({ clients: [keep, { ...a, first_party: true, token_endpoint_auth_method: 'none' }] });
    const code = await codeFor(service, await loggedIn(service), { client_id: a.client_id });
    const { body: tokens } = await redeem(service, code);
    const before = (await askWith(service, tokens['access_token'])).status;

    const events = await eventsOf(service, () => told({ clients: [keep] }, '--prune'), 2);

    expect([before, (await askWith(service, tokens['access_token'])).status]).toEqual([200, 401]);
    expect(
      events
        .filter(({ client_id: of }) => of === a.client_id)
        .map(({ type }) => type)
        .toSorted(),
    ).toEqual(['client_removed', 'grant_revoked']);
  });

  it('given a command that ends after it removed a client, when nobody repeats it, then the grants had ended', async () => {
    const { a } = names;
    await told({ clients: [keep, { ...a, first_party: true, token_endpoint_auth_method: 'none' }] });
    const code = await codeFor(service, await loggedIn(service), { client_id: a.client_id });
    const unredeemed = await codeFor(service, await loggedIn(service), { client_id: a.client_id });
    const { body: tokens } = await redeem(service, code);
    writeFileSync(path, JSON.stringify({ clients: [keep] }));
    const clients = service.app.get(ClientStore);
    const remove = clients.remove.bind(clients);
    clients.remove = async (...removal) => {
      clients.remove = remove;
      await remove(...removal);
      throw new RangeError('the process ends');
    };
    const { steps } = await applierOf(service).plan(JSON.stringify({ clients: [keep] }), true);
    await expect(steps[0]?.run(new RecordedEvents())).rejects.toThrow(RangeError);

    expect(steps).toHaveLength(1);
    expect((await call('GET', `/grants?client_id=${a.client_id}`)).body).toEqual({ data: [] });
    expect((await askWith(service, tokens['access_token'])).status).toBe(401);
    expect((await redeem(service, unredeemed)).status).toBeGreaterThanOrEqual(400);
  });

  it('given an API of an earlier file that a client has as its default, when it would go, then nothing is written, and the client is named', async () => {
    const { a, b, api } = names;
    const withDefault = { ...a, default_resource: api.identifier };
    await told({ apis: [api], clients: [keep, withDefault] });

    const bySetting = await apply({ clients: [keep, withDefault] }, '--prune', '--diff');
    const byStore = await apply({ clients: [{ ...keep, client_name: 'Changed' }, a] }, '--prune');
    await call('POST', '/clients', { ...b, default_resource: api.identifier });
    const byHand = await apply({ clients: [{ ...keep, client_name: 'Changed' }] }, '--prune');
    await call('DELETE', `/clients/${b.client_id}`);

    const sentence = 'default_resource is not allowed so; allowed: the identifier of a registered API';
    for (const { status, stdout, stderr } of [bySetting, byStore]) {
      expect([status, stdout, stderr]).toEqual([1, '', `tessera: ${path}:1: ${sentence}\n`]);
    }
    const reason = `it is the default_resource of client ${b.client_id}, which no file names`;
    expect([byHand.status, byHand.stdout, byHand.stderr]).toEqual([
      1,
      '',
      `tessera: ${path}:1: api ${api.identifier} cannot be removed: ${reason}\n`,
    ]);
    expect((await call('GET', '/clients/keep')).body['client_name']).toBe('keep');
    expect(await told({ clients: [keep, { ...a, default_resource: null }] }, '--prune')).toBe(
      `client ${a.client_id} changed: default_resource\napi ${api.identifier} removed\n`,
    );
  });

  it('given an API and the client that has it as its default, when neither is named any more, then both go', async () => {
    const { a, api } = names;
    await told({ apis: [api], clients: [keep, { ...a, default_resource: api.identifier }] });

    expect(await told({ clients: [keep] }, '--prune')).toBe(
      `client ${a.client_id} removed\napi ${api.identifier} removed\n`,
    );
  });

  it('given another spelling of an identifier, when the file names the API by it, then it stays', async () => {
    const { api } = names;
    await told({ apis: [api], clients: [keep] });

    const spelled = { identifier: `${api.identifier}/` };
    expect(await told({ apis: [spelled], clients: [keep] }, '--prune')).toBe('nothing to change\n');
    expect(await told({ clients: [keep] }, '--prune')).toBe(`api ${api.identifier} removed\n`);
  });

  it('given a client that registered itself, when a file names it, then it stays without logins, manages itself, and goes with the file', async () => {
    const registered = await register(service, nativeClient);
    const clientId = String(registered.body['client_id']);
    const stored = () => service.app.get(ClientStore).find(clientId);
    const before = await stored();

    const first = await told({ clients: [keep, { client_id: clientId, synthetic: true }] });
    service.clock.advance(6_000);
    const adopted = await stored();
    const replaced = await manage('PUT', registered, {
      ...nativeClient,
      client_id: clientId,
      client_name: 'By itself',
    });
    service.clock.advance(3 * 86_400_000);
    const later = await call('GET', `/clients/${clientId}`);
    const second = await told({ clients: [keep, { client_id: clientId, synthetic: true }] }, '--prune');
    const pruned = await told({ clients: [keep] }, '--prune');

    expect(first).toBe(`client ${clientId} changed: synthetic, managed\n`);
    expect([before?.expiresAt, adopted?.expiresAt]).toEqual([expect.any(Number), undefined]);
    expect(adopted).toMatchObject({ registeredBy: 'itself', managed: true });
    expect(replaced.body).not.toHaveProperty('managed');
    expect([replaced.status, later.status, later.body['client_name'], later.body['managed']]).toEqual([
      200,
      200,
      'By itself',
      true,
    ]);
    expect([second, pruned]).toEqual(['nothing to change\n', `client ${clientId} removed\n`]);
  });

  it('given the client of a metadata document, when a file names it, then its line is', async () => {
    const clientId = 'https://client.example/metadata';
    const { clientId: _id, ...client } = found(await service.app.get(ClientStore).find('demo-spa'));
    await service.app.get(ClientStore).add({ ...client, clientId, demo: false, registeredBy: 'document' });

    const { status, stderr } = await apply({ clients: [keep, { client_id: clientId, synthetic: true }] });

    expect([status, stderr]).toEqual([1, expect.stringContaining(`${path}:1: client_id is not allowed so; `)]);
  });

  it('given more clients than are read at once, when none is named any more, then all go', async () => {
    const clients = service.app.get(ClientStore);
    const some = found(await clients.find('keep'));
    const ids = Array.from({ length: 510 }, (_, at) => `many-${at}`);
    for (const clientId of ids) await clients.add({ ...some, clientId, name: 'One of many' });
    await told({ clients: [keep] });

    const { prunable } = JSON.parse(await told({ clients: [keep] }, '--json'));
    for (const clientId of ids) await clients.remove(clientId);

    expect(prunable.map((each: { name: string }) => each.name)).toEqual(ids.toSorted());
  });

  it('given an empty file, when it is applied with --prune, then all that files named goes, and users and the rest stay', async () => {
    const { a, user } = names;
    await call('POST', '/clients', a);
    await told({ clients: [keep], users: [user] });

    expect(await told({}, '--prune', '--diff')).toBe('client keep would be removed\n');
    expect(await told({}, '--prune')).toBe('client keep removed\n');
    expect([await told({}, '--prune'), await statusOf(a.client_id)]).toEqual(['nothing to change\n', 200]);
  });
});
