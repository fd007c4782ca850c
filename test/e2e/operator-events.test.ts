import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { ClientStore } from '../../src/domain/clients/client-store';
import { newId } from '../../src/domain/credentials/secret';
import type { ServiceEventType } from '../../src/domain/events/event';
import { AuditReader, type ShownEvent } from '../../src/operations/audit/audit-reader';
import { AuditStore } from '../../src/operations/audit/audit-store';
import { StoreUnavailableError } from '../../src/platform/storage/store-unavailable.error';
import { browserOf, newPerson } from '../support/clients/account-page';
import { codeFor, loggedIn, redeem } from '../support/clients/pkce-login';
import type { Answer } from '../support/clients/wallet';
import { admin, adminToken } from '../support/operations/admin';
import { type AuditPage, auditPage, eventsOf, from, trustingItsPeer } from '../support/operations/audit';
import { tesseraHere } from '../support/operations/tessera-command';
import { eventually } from '../support/run/eventually';
import { fixture } from '../support/run/fixture';
import { temporaryDirectory } from '../support/run/temporary-directory';
import { expectUnavailable } from '../support/service/envelope';
import { hangUp } from '../support/service/hang-up';
import { startService, startServiceOn, type TestService } from '../support/service/service';
import { breakableStore, command, proxiedServer } from '../support/stores/store-outage';
import { bothStores } from '../support/stores/stores';

const minute = 60_000;
const within = { withinMs: 30_000 };
const bootstrap = { type: 'bootstrap', id: 'bootstrap', name: 'bootstrap' };
const web = { redirect_uris: ['https://a.example/cb'] };

/** One of each record, and a login. */
interface Records {
  readonly client: string;
  readonly api: string;
  readonly user: string;
  readonly grant: string;
  readonly session: string;
}

interface Change {
  readonly what: string;
  readonly ask: (records: Records) => readonly [method: string, path: string, body?: object];
  readonly told: ServiceEventType;
  readonly kind: string;
  /** The record that the target names; absent: a new one. */
  readonly of?: keyof Records;
  readonly changed?: readonly string[];
}

const identifier = 'https://trail.example/v1';

const changes: readonly Change[] = [
  {
    what: 'adds a client',
    ask: () => ['POST', '/clients', { ...web, client_name: 'Web' }],
    told: 'client_added',
    kind: 'client',
    changed: ['client_name', 'redirect_uris'],
  },
  {
    what: 'changes a client',
    ask: ({ client }) => ['PATCH', `/clients/${client}`, { logo_uri: null, client_name: 'Other' }],
    told: 'client_changed',
    kind: 'client',
    of: 'client',
    changed: ['client_name', 'logo_uri'],
  },
  {
    what: 'makes a secret for a client',
    ask: ({ client }) => ['POST', `/clients/${client}/secret`, { expires_old_in: 60 }],
    told: 'client_secret_added',
    kind: 'client',
    of: 'client',
    changed: ['expires_old_in'],
  },
  {
    what: 'removes a client',
    ask: ({ client }) => ['DELETE', `/clients/${client}`],
    told: 'client_removed',
    kind: 'client',
    of: 'client',
  },
  {
    what: 'adds an API',
    ask: () => ['POST', '/apis', { identifier, name: 'Trail' }],
    told: 'api_added',
    kind: 'api',
    changed: ['identifier', 'name'],
  },
  {
    what: 'changes an API',
    ask: ({ api }) => ['PATCH', `/apis/${api}`, { name: 'Other' }],
    told: 'api_changed',
    kind: 'api',
    of: 'api',
    changed: ['name'],
  },
  {
    what: 'makes a secret for an API',
    ask: ({ api }) => ['POST', `/apis/${api}/secret`],
    told: 'api_secret_added',
    kind: 'api',
    of: 'api',
    changed: [],
  },
  { what: 'removes an API', ask: ({ api }) => ['DELETE', `/apis/${api}`], told: 'api_removed', kind: 'api', of: 'api' },
  {
    what: 'adds a user',
    ask: () => ['POST', '/users', { username: 'of the trail', password: 'correct horse' }],
    told: 'user_added',
    kind: 'user',
    changed: ['password', 'username'],
  },
  {
    what: 'disables a user',
    ask: ({ user }) => ['PATCH', `/users/${user}`, { disabled: true }],
    told: 'user_changed',
    kind: 'user',
    of: 'user',
    changed: ['disabled'],
  },
  {
    what: 'removes a user',
    ask: ({ user }) => ['DELETE', `/users/${user}`],
    told: 'user_removed',
    kind: 'user',
    of: 'user',
  },
  {
    what: 'makes a link',
    ask: ({ user }) => ['POST', `/users/${user}/links`, { purpose: 'invitation', expires_in: 60 }],
    told: 'link_made',
    kind: 'link',
    of: 'user',
    changed: ['expires_in', 'purpose'],
  },
  {
    what: 'ends a grant',
    ask: ({ grant }) => ['DELETE', `/grants/${grant}`],
    told: 'grant_revoked',
    kind: 'grant',
    of: 'grant',
  },
  {
    what: 'ends the grants of a subject',
    ask: ({ user }) => ['DELETE', `/grants?sub=${user}`],
    told: 'grant_revoked',
    kind: 'grant',
    of: 'grant',
  },
  {
    what: 'ends a session',
    ask: ({ session }) => ['DELETE', `/sessions/${session}`],
    told: 'session_ended',
    kind: 'session',
    of: 'session',
  },
  {
    what: 'rotates the keys',
    ask: () => ['POST', '/keys/rotate', { immediately: true }],
    told: 'keys_rotated',
    kind: 'key',
    changed: ['immediately'],
  },
];

describe.each(bothStores)('what operators do, on %s', (storeName) => {
  const service = fixture(() => startService(storeName, { ADMIN_TOKEN: adminToken, ...trustingItsPeer }));
  let tests = 0;
  beforeEach(() => {
    // Each test after those before it, and at the beginning of a minute: reads of one are counted together.
    tests += 1;
    service.clock.advance(tests * 2 * minute);
    service.clock.advance(minute - (service.clock.now() % minute));
  });

  const ask = (method: string, path: string, body?: object) => admin(service, method, path, body);
  const onlyOf = async (list: string) =>
    ((await ask('GET', list)).body['data'] as { readonly id: string }[]).map(({ id }) => id)[0] ?? '';

  async function oneOfEach(): Promise<Records> {
    const person = await newPerson(service);
    await redeem(service, await codeFor(service, await browserOf(service, person)));
    return {
      client: idOf(await ask('POST', '/clients', web), 'client_id'),
      api: idOf(await ask('POST', '/apis', { identifier: `https://${newId()}.example/v1` })),
      user: person.id,
      grant: await onlyOf(`/grants?sub=${person.id}`),
      session: await onlyOf(`/sessions?sub=${person.id}`),
    };
  }

  /** All that can be changed, as the lists show it. */
  async function everything(): Promise<unknown> {
    const lists = ['/clients', '/apis', '/users', '/grants', '/sessions', '/keys'];
    return Promise.all(lists.map(async (list) => (await ask('GET', list)).body));
  }

  /** What comes of a request while the trail takes no event. */
  async function withoutTrail(act: () => Promise<Answer>): Promise<Answer> {
    const store = service.app.get(AuditStore);
    const append = store.append.bind(store);
    store.append = async () => {
      throw new StoreUnavailableError('by the test');
    };
    const answer = await act();
    store.append = append;
    return answer;
  }

  it.each(changes)(
    'given an operator who $what, when the trail takes no event, then it is not made, and when it does, with actor, target and fields',
    async ({ ask: asked, told, kind, of, changed }) => {
      const records = await oneOfEach();
      const [before, since] = [await everything(), new Date(service.clock.now()).toISOString()];

      const refused = await withoutTrail(() => ask(...asked(records)));
      const meanwhile = await everything();
      const failures = async () => (await auditPage(service, { type: 'request_refused', since })).data;
      await eventually(async () => (await failures()).length > 0, within);
      const [failure] = await failures();
      const events = await eventsOf(service, () => ask(...asked(records)));

      expectUnavailable(refused);
      expect(meanwhile).toEqual(before);
      const event = events.find(({ type }) => type === told);
      const route = expect.stringMatching(/^(?:POST|PATCH|DELETE) \/admin\/[\w/{}]+$/);
      expect(failure).toMatchObject({
        actor: bootstrap,
        outcome: 'failure',
        reason: 'temporarily_unavailable',
        target: { kind: 'route', id: route },
      });
      expect(event).toMatchObject({
        target: { kind, id: of === undefined ? expect.any(String) : records[of] },
        outcome: 'success',
        request_id: expect.any(String),
      });
      expect(event?.changed).toEqual(changed);
      expect(events.map(({ actor }) => actor)).toEqual(events.map(() => bootstrap));
      const { body } = await ask('GET', '/keys');
      const ids = (body['data'] as { kid: string }[]).map(({ kid }) => kid);
      expect(ids.includes(event?.target?.id ?? '')).toBe(kind === 'key');
    },
  );

  it('given a change that is refused, when it is told, then as a failure of its route and of nothing else', async () => {
    const events = await eventsOf(
      service,
      async () => {
        await ask('PATCH', `/users/${newId()}`, { name: 'Nobody' });
        await ask('POST', '/users', { username: 'user0', password: 'correct horse' });
        await ask('PATCH', '/clients/demo-spa', { colour: 'red' });
      },
      3,
    );

    const refused = { type: 'request_refused', outcome: 'failure', actor: bootstrap };
    expect(events).toMatchObject([
      { ...refused, reason: 'record_unknown', target: { kind: 'route', id: 'PATCH /admin/users/{id}' } },
      { ...refused, reason: 'already_exists', target: { kind: 'route', id: 'POST /admin/users' } },
      { ...refused, reason: 'field_invalid', target: { kind: 'route', id: 'PATCH /admin/clients/{client_id}' } },
    ]);
  });

  it('given two who add one client at once, when both are told, then so is who was too late, as a failure about it', async () => {
    const clients = service.app.get(ClientStore);
    const find = clients.findStored.bind(clients);
    // Both look before either adds.
    clients.findStored = async (id) => (id === 'one' ? undefined : find(id));

    const events = await eventsOf(
      service,
      async () => {
        await ask('POST', '/clients', { ...web, client_id: 'one' });
        await ask('POST', '/clients', { ...web, client_id: 'one' });
      },
      3,
    );

    const target = { kind: 'client', id: 'one' };
    expect(events).toMatchObject([
      { type: 'client_added', target },
      { type: 'client_added', target },
      { type: 'request_refused', reason: 'already_exists', outcome: 'failure', actor: bootstrap, target },
    ]);
    expect(events[2]?.request_id).toBe(events[1]?.request_id);
  });

  it('given reads from two addresses, when they are of one minute, then one event a route, with their number', async () => {
    const since = new Date(service.clock.now()).toISOString();
    for (const ip of ['198.51.100.1', '198.51.100.2', '198.51.100.3'])
      await admin(service, 'GET', '/clients', undefined, from(ip));
    await ask('GET', '/clients/demo-spa');
    service.clock.advance(60_000);

    const { data } = await auditPage(service, { type: 'admin_read', since });

    const reads = data.map(({ actor, target, count }) => [actor, target?.kind, target?.id, count]);
    expect(reads).toContainEqual([bootstrap, 'route', 'GET /admin/clients', 3]);
    expect(reads).toContainEqual([bootstrap, 'route', 'GET /admin/clients/{client_id}', 1]);
  });

  it('given a person, when they have logged in, then nobody is named as actor', async () => {
    const events = await eventsOf(service, async () => loggedIn(service));

    expect(events).toMatchObject([{ type: 'session_begun', sub: 'user0' }]);
    expect(events[0]).not.toHaveProperty('actor');
    expect(events[0]).not.toHaveProperty('target');
  });

  it('given an end-user who is erased, when what was done to them is read, then nothing names them any more', async () => {
    const { user } = await oneOfEach();
    const since = new Date(service.clock.now()).toISOString();
    await ask('PATCH', `/users/${user}`, { name: 'Somebody' });

    await service.app.get(AuditStore).erase(user);

    const { data } = await auditPage(service, { type: 'user_changed', since });
    expect(data).toMatchObject([{ actor: bootstrap, target: { kind: 'user' }, changed: ['name'] }]);
    expect(JSON.stringify(data)).not.toContain(user);
  });

  it('given an operator who hangs up, when the change is made, then it is told once, as aborted', async () => {
    const { client, user } = await oneOfEach();
    const since = new Date(service.clock.now()).toISOString();
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${adminToken}` };
    const send = (method: string, path: string, body?: object) =>
      hangUp(service, { method, path: `/admin${path}`, headers, body: JSON.stringify(body) ?? '' });

    await send('PATCH', `/clients/${client}`, { client_name: 'Unanswered' });
    await send('POST', `/clients/${client}/secret`, {});
    await send('PATCH', `/users/${user}`, { disabled: true });

    const events: ShownEvent[] = [];
    for (const type of ['client_changed', 'client_secret_added', 'user_changed'] as const) {
      await eventually(async () => (await auditPage(service, { type, since })).data.length > 0, within);
      events.push(...(await auditPage(service, { type, since })).data);
    }
    await eventually(async () => (await ask('GET', `/users/${user}`)).body['disabled'] === true, within);
    expect(events.map(({ type, aborted }) => [type, aborted])).toEqual([
      ['client_changed', true],
      ['client_secret_added', true],
      ['user_changed', true],
    ]);
    expect((await ask('GET', `/clients/${client}`)).body['client_name']).toBe('Unanswered');
  });
});

describe('a store that is lost between an event and its change', () => {
  const path = join(temporaryDirectory(), 'tessera.yaml');

  it('given LMDB whose file is removed in between, when it is back, then the event is followed by its failure', async () => {
    const store = await breakableStore('lmdb');
    const service = await startServiceOn(store, { ADMIN_TOKEN: adminToken });
    const audit = service.app.get(AuditStore);
    const append = audit.append.bind(audit);
    audit.append = async (...events) => {
      audit.append = append;
      await append(...events);
      await store.goAway('removed');
      await eventually(async () => !(await fetch(`${service.url}/health/ready`)).ok, within);
    };

    const outcome = await lostChange(service, () => store.comeBack());
    await service.stop();
    await store.remove();

    expectToldAsFailed(outcome);
  });

  it('given MongoDB whose connections are cut in between, when it is back, then the event is followed by its failure', async () => {
    const store = await proxiedServer();
    const service = await startServiceOn(store, { ADMIN_TOKEN: adminToken });
    store.proxy.cutBefore(command('insert', 'clients'));

    const outcome = await lostChange(service, () => store.proxy.passAll());
    await service.stop();
    await store.remove();

    expectToldAsFailed(outcome);
  });

  it('given a file of which the second change is lost in between, when it is applied, then only that is told as failed', async () => {
    const store = await proxiedServer();
    const clients = [{ client_id: 'lost', redirect_uris: ['https://a.example/cb'] }];
    writeFileSync(path, JSON.stringify({ apis: [{ identifier }], clients }));
    await tesseraHere(['keys', 'list'], store.env);
    store.proxy.cutBefore(command('insert', 'clients'));

    const { status } = await tesseraHere(['apply', path], store.env);
    store.proxy.passAll();
    const { stdout } = await tesseraHere(['audit', 'tail', '--json'], store.env);
    await store.remove();

    const actor = { type: 'command', id: userInfo().username, name: userInfo().username };
    const target = { kind: 'client', id: 'lost' };
    expect(status).toBe(69);
    expect((JSON.parse(stdout) as AuditPage).data.toReversed()).toMatchObject([
      { type: 'api_added', actor, target: { kind: 'api' }, changed: ['identifier'] },
      { type: 'client_added', actor, target, changed: ['client_id', 'redirect_uris'] },
      { type: 'request_refused', actor, target, outcome: 'failure', reason: 'temporarily_unavailable' },
    ]);
  });
});

/** Adds a client, gives the store back, and waits for what the trail then tells of it. */
async function lostChange(service: TestService, comeBack: () => void | Promise<void>) {
  const answer = await admin(service, 'POST', '/clients', { ...web, client_id: 'lost' });
  await comeBack();
  await eventually(async () => (await fetch(`${service.url}/health/ready`)).ok, within);
  const told = async () => (await service.app.get(AuditReader).page({ clientId: 'lost' }, 10)).items.toReversed();
  await eventually(async () => (await told().catch(() => [])).length > 1, within);
  return { answer, found: await admin(service, 'GET', '/clients/lost'), events: await told() };
}

function expectToldAsFailed({ answer, found, events }: Awaited<ReturnType<typeof lostChange>>): void {
  expectUnavailable(answer);
  expect(found.status).toBe(404);
  const target = { kind: 'client', id: 'lost' };
  expect(events).toMatchObject([
    { type: 'client_added', actor: bootstrap, target },
    { type: 'request_refused', reason: 'temporarily_unavailable', outcome: 'failure', actor: bootstrap, target },
  ]);
  expect(events[0]?.request_id).toBe(events[1]?.request_id);
}

function idOf({ body }: Answer, name = 'id'): string {
  return String(body[name]);
}
