import { describe, expect, it } from '@jest/globals';
import { ClientStore } from '../../src/domain/clients/client-store';
import { newId } from '../../src/domain/credentials/secret';
import { passwordVersionOf, UserStore, withUpgradedHash } from '../../src/domain/identity/user-store';
import { admin, adminToken } from '../support/operations/admin';
import { BrowserSession } from '../support/clients/browser-session';
import { sendPassword } from '../support/clients/login-page';
import { codeFor, redeem } from '../support/clients/pkce-login';
import type { Answer } from '../support/clients/wallet';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { bothStores } from '../support/stores/stores';

/** With members in an order of its own. */
const publicKey = {
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  kty: 'EC',
  crv: 'P-256',
};

interface Kind {
  readonly list: string;
  /** A new one. */
  readonly record: () => object;
  readonly change: (value: string) => object;
}

const kinds: readonly Kind[] = [
  {
    list: '/clients',
    record: () => ({
      redirect_uris: ['https://a.example/cb'],
      jwks: { keys: [publicKey] },
    }),
    change: (client_name) => ({ client_name }),
  },
  {
    list: '/apis',
    record: () => ({ identifier: `https://${newId().replace(/\W/g, 'x').toLowerCase()}.example/` }),
    change: (name) => ({ name }),
  },
  {
    list: '/users',
    record: () => ({ username: newId(), password: 'password of a user' }),
    change: (name) => ({ name }),
  },
  {
    list: '/operators',
    record: () => ({ name: newId(), role: 'viewer' }),
    change: (name) => ({ name: `${name} ${newId()}` }),
  },
];

const etagOf = ({ headers }: Answer) => headers.get('etag') ?? '';
const outcome = ({ status, body }: Answer) => [status, body['reason']];
const changedMeanwhile = [412, 'changed_meanwhile'];

describe.each(bothStores)('ETags of the administration on %s', (name) => {
  const service = fixture(() => startService(name, { ADMIN_TOKEN: adminToken }));

  const call = (method: string, path: string, body?: unknown, ifMatch?: string) =>
    admin(service, method, path, body, ifMatch === undefined ? {} : { 'if-match': ifMatch });

  async function added({ list, record }: Pick<Kind, 'list' | 'record'>): Promise<{ path: string; etag: string }> {
    const answer = await call('POST', list, record());
    expect(answer.status).toBe(201);
    return { path: `${list}/${String(answer.body['id'] ?? answer.body['client_id'])}`, etag: etagOf(answer) };
  }

  describe.each(kinds)('of $list', (kind) => {
    it('given one, when it is added, read, changed and read, then each answer has the strong ETag of its state', async () => {
      const { path, etag } = await added(kind);
      const found = await call('GET', path);
      const changed = await call('PATCH', path, kind.change('Another'));
      const foundAgain = await call('GET', path);

      expect(etag).toMatch(/^"[\w-]{22}"$/);
      expect(etagOf(found)).toBe(etag);
      expect(etagOf(changed)).toMatch(/^"[\w-]{22}"$/);
      expect(etagOf(changed)).not.toBe(etag);
      expect(etagOf(foundAgain)).toBe(etagOf(changed));
      expect((await call('GET', kind.list)).headers.get('etag')).toBeNull();
    });

    it('given the ETag of before, when it is changed or removed, then it is 412, and it is as it was', async () => {
      const { path, etag } = await added(kind);
      const changed = await call('PATCH', path, kind.change('First'), etag);

      const refused = [
        await call('PATCH', path, kind.change('Second'), etag),
        await call('DELETE', path, undefined, etag),
      ];
      const found = await call('GET', path);
      const removed = await call('DELETE', path, undefined, etagOf(changed));

      expect(changed.status).toBe(200);
      expect(refused.map(outcome)).toEqual([changedMeanwhile, changedMeanwhile]);
      expect([found.body, etagOf(found)]).toEqual([changed.body, etagOf(changed)]);
      expect(removed.status).toBe(204);
    });

    it.each<[string, (etag: string) => string, boolean]>([
      ['*', () => '*', true],
      ['several, with it', (etag) => `"one, of them", ${etag}`, true],
      ['several without space', (etag) => `W/"other",${etag},"other"`, true],
      ['several without it', () => '"one", "two"', false],
      ['it as a weak one', (etag) => `W/${etag}`, false],
      ['it without quotes', (etag) => etag.replaceAll('"', ''), false],
      ['nothing', () => '', false],
      ['a * in quotes', () => '"*"', false],
      ['no ETag', () => '\u00ff[object Object]', false],
      ['very many', () => '"a",'.repeat(2_000), false],
    ])('given If-Match of %s, when it is changed and removed, then as RFC 9110 says', async (_what, of, matches) => {
      const { path, etag } = await added(kind);

      const changed = await call('PATCH', path, kind.change('Another'), of(etag));
      const removed = await call('DELETE', path, undefined, of(matches ? etagOf(changed) : etag));

      expect([changed.status, removed.status]).toEqual(matches ? [200, 204] : [412, 412]);
    });

    it('given ten changes with one ETag at once, when they are over, then one was made and nine are 412', async () => {
      const { path, etag } = await added(kind);
      const names = Array.from({ length: 10 }, (_, at) => `Name ${at}`);

      const answers = await Promise.all(names.map((each) => call('PATCH', path, kind.change(each), etag)));

      const won = answers.filter(({ status }) => status === 200);
      expect(won).toHaveLength(1);
      expect(answers.filter((each) => each !== won[0]).map(outcome)).toEqual(
        Array.from({ length: 9 }, () => changedMeanwhile),
      );
      expect((await call('GET', path)).body).toEqual(won[0]?.body);
    });

    it('given changes and removals with one ETag at once, when they are over, then one was made', async () => {
      const { path, etag } = await added(kind);
      const methods = ['PATCH', 'DELETE', 'PATCH', 'DELETE', 'DELETE'];

      const answers = await Promise.all(
        methods.map((method) => call(method, path, method === 'PATCH' ? kind.change(newId()) : undefined, etag)),
      );

      const statuses = answers.map(({ status }) => status);
      expect(statuses.filter((status) => status < 300)).toHaveLength(1);
      expect(statuses.filter((status) => ![200, 204, 404, 412].includes(status))).toEqual([]);
      expect((await call('GET', path)).status).toBe(statuses.includes(204) ? 404 : 200);
    });

    it('given one that was removed, when it is changed or removed with its ETag, then it is 404', async () => {
      const { path, etag } = await added(kind);
      await call('DELETE', path);

      const answers = [
        await call('PATCH', path, kind.change('Another'), etag),
        await call('DELETE', path, undefined, etag),
      ];
      const any = await call('PATCH', path, kind.change('Another'), '*');

      expect([...answers, any].map(outcome)).toEqual(Array.from({ length: 3 }, () => [404, 'record_unknown']));
    });

    it('given a wrong field and the ETag of before, when it is changed, then it is 400', async () => {
      const { path } = await added(kind);

      expect(outcome(await call('PATCH', path, { colour: 'red' }, '"before"'))).toEqual([400, 'field_invalid']);
    });
  });

  it.each(kinds.slice(0, 2))(
    'given one of $list, when it gets another secret, then the answer has another ETag',
    async (kind) => {
      const { path, etag } = await added(kind);

      const secret = await call('POST', `${path}/secret`);
      const found = await call('GET', path);

      expect(etagOf(secret)).not.toBe(etag);
      expect(etagOf(found)).toBe(etagOf(secret));
    },
  );

  it('given an API that a client has as its default, when it is removed with its ETag, then it is 409', async () => {
    const { path, etag } = await added(kinds[1] as Kind);
    const { body } = await call('GET', path);
    await call('POST', '/clients', { redirect_uris: ['https://a.example/cb'], default_resource: body['identifier'] });

    expect(outcome(await call('DELETE', path, undefined, etag))).toEqual([409, 'api_in_use']);
  });

  it('given a new password, when it is set, then the ETag is another, whatever the time', async () => {
    const { path, etag } = await added(kinds[2] as Kind);

    const changed = await call('PATCH', path, { password: 'another password' }, etag);
    await service.app
      .get(UserStore)
      .change(path.replace('/users/', ''), (user) => ({ ...user, passwordHash: 'another' }));
    const found = await call('GET', path);

    expect(found.body).toEqual(changed.body);
    expect(new Set([etag, etagOf(changed), etagOf(found)]).size).toBe(3);
  });

  it('given a refused change of a password, when its user logs in, then by the one before', async () => {
    const record = { username: newId(), password: 'password of a user' };
    const { path } = await added({ list: '/users', record: () => record });

    const refused = await call('PATCH', path, { password: 'another password', disabled: true }, '"before"');

    expect(refused.status).toBe(412);
    expect((await sendPassword(new BrowserSession(service.url), record)).status).toBe(303);
  });

  it('given uses of a user and a client, when they are over, then their ETags are what they were', async () => {
    const record = { username: newId(), password: 'password of a user' };
    const { path, etag } = await added({ list: '/users', record: () => record });
    const client = await call('GET', '/clients/demo-spa');

    const browser = new BrowserSession(service.url);
    await sendPassword(browser, record);
    expect((await redeem(service, await codeFor(service, browser))).status).toBe(200);
    await service.app
      .get(ClientStore)
      .change('demo-spa', (before) => ({ ...before, freshUntil: 1, expiresAt: 2 ** 42 }));
    await service.app.get(UserStore).change(path.replace('/users/', ''), (user) => {
      const upgraded = withUpgradedHash(user, 'a new hash of the same password');
      expect(passwordVersionOf(upgraded)).toBe(passwordVersionOf(user));
      return { ...upgraded, recoveryCodes: ['a'], endingDue: 'an ending', userHandle: 'handle' };
    });

    expect(etagOf(await call('GET', path))).toBe(etag);
    expect(etagOf(await call('GET', '/clients/demo-spa'))).toBe(etagOf(client));
  });

  it('given an operator, when their token is used, then the ETag is what it was, and another with another token', async () => {
    const { body, headers } = await call('POST', '/operators', { name: newId(), role: 'viewer' });
    const path = `/operators/${String(body['id'])}`;

    const used = await admin(service, 'GET', '/clients', undefined, {
      authorization: `Bearer ${String(body['token'])}`,
    });
    const found = await call('GET', path);
    const secret = await call('POST', `${path}/token`);

    expect([used.status, found.body['last_used_at']]).toEqual([200, expect.any(Number)]);
    expect(etagOf(found)).toBe(headers.get('etag'));
    expect(etagOf(secret)).not.toBe(etagOf(found));
    expect(etagOf(await call('GET', path))).toBe(etagOf(secret));
  });

  it('given grants and sessions, when they are read, then there is no ETag, and If-Match is not asked for', async () => {
    const answers = [
      await call('GET', '/grants'),
      await call('GET', '/sessions'),
      await call('DELETE', '/grants?sub=x', undefined, '"x"'),
    ];

    expect(answers.map((answer) => [answer.status, answer.headers.get('etag')])).toEqual(
      Array.from({ length: 3 }, () => [200, null]),
    );
  });
});
