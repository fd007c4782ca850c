import { afterEach, describe, expect, it } from '@jest/globals';
import { StoreInspector } from '../../src/platform/storage/store-inspector';
import { admin, adminToken } from '../support/operations/admin';
import { fixture } from '../support/run/fixture';
import { startService, type TestService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

describe.each(storesUnderTest)('what is no admin token on %s', (store) => {
  const service = fixture(() => startService(store, { ADMIN_TOKEN: adminToken }));

  it.each([
    ['nothing', ''],
    ['another scheme', `Basic ${adminToken}`],
    ['no scheme', adminToken],
    ['a beginning', `Bearer ${adminToken.slice(0, -1)}`],
    ['more', `Bearer ${adminToken}x`],
    ['another case', `Bearer ${adminToken.toUpperCase()}`],
    ['two words', `Bearer ${adminToken} ${adminToken}`],
  ])('given %s in place of the token, when the administration is called, then it is 401', async (_what, shown) => {
    const { status, headers, body } = await admin(service, 'GET', '/clients', undefined, { authorization: shown });

    expect([status, body['error'], body['reason']]).toEqual([401, 'invalid_token', 'admin_token_required']);
    expect(headers.get('www-authenticate')).toBe(`Bearer realm="${service.url}"`);
    expect(headers.get('cache-control')).toBe('no-store');
  });
});

describe.each(storesUnderTest)('the admin token on %s', (store) => {
  let service: TestService;

  const guess = (authorization: string) => admin(service, 'GET', '/clients', undefined, { authorization });

  afterEach(() => service.stop());

  it('given no setting, when the administration is called, then there is nothing, whatever is shown', async () => {
    service = await startService(store);

    const answers = await Promise.all(
      ['/clients', '/users', '/apis', '/grants', '/sessions', '/keys', '/keys/rotate'].map((path) =>
        admin(service, 'GET', path),
      ),
    );

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
  });

  it('given ten wrong ones in a minute, when more come, then they are 429, the right one is served, and a minute ends it', async () => {
    service = await startService(store, { ADMIN_TOKEN: adminToken });
    // Not at the end of a minute of the service's clock.
    service.clock.advance(60_000 - (service.clock.now() % 60_000));

    const first: number[] = [];
    for (let count = 0; count < 10; count += 1) first.push((await guess(`Bearer wrong-${count}`)).status);
    const further = await guess('Bearer wrong-again');
    const right = await admin(service, 'GET', '/clients');
    const again = await guess('Bearer wrong-again');
    service.clock.advance(60_000);
    const later = await guess('Bearer wrong-again');

    expect(first).toEqual(first.map(() => 401));
    expect([further.status, further.body['error']]).toEqual([429, 'temporarily_unavailable']);
    expect(Number(further.headers.get('retry-after'))).toBeGreaterThan(0);
    expect([right.status, again.status, later.status]).toEqual([200, 429, 401]);
  });

  it.each([
    [
      'an IPv4 address',
      10,
      ['192.0.2.1', '192.0.2.1:1024', '::ffff:192.0.2.1', '[::FFFF:c000:0201]:80', '"192.0.2.1"'],
    ],
    ['an IPv6 /64', 10, Array.from({ length: 12 }, (_, index) => `2001:db8:0:7:${index}::1`)],
    ['an IPv6 /48', 100, Array.from({ length: 102 }, (_, index) => `2001:db8:1:${index.toString(16)}::1`)],
    ['a proxy that names no address', 10, ['unknown', '', '999.1.1.1', 'a', 'b', 'c']],
  ])(
    'given %s, however it is spelled, when it guesses, then it has %i guesses a minute',
    async (_who, budget, spellings) => {
      service = await startService(store, { ADMIN_TOKEN: adminToken, TRUST_PROXY: '127.0.0.1,::1' });
      service.clock.advance(60_000 - (service.clock.now() % 60_000));
      const from = Array.from({ length: budget + 2 }, (_, index) => spellings[index % spellings.length] ?? '');

      const statuses: number[] = [];
      for (const address of from) {
        const headers = { authorization: 'Bearer wrong', 'x-forwarded-for': address };
        statuses.push((await admin(service, 'GET', '/clients', undefined, headers)).status);
      }
      const neighbour = { authorization: 'Bearer wrong', 'x-forwarded-for': '198.51.100.1' };
      const another = await admin(service, 'GET', '/clients', undefined, neighbour);

      expect(statuses).toEqual([...Array<number>(budget).fill(401), 429, 429]);
      expect(another.status).toBe(401);
    },
  );

  it('given who shows no token, when it asks often, then it has not guessed, and a wrong one is told that it is wrong', async () => {
    service = await startService(store, { ADMIN_TOKEN: adminToken });
    service.clock.advance(60_000 - (service.clock.now() % 60_000));

    const without: number[] = [];
    for (let count = 0; count < 20; count += 1) without.push((await fetch(`${service.url}/admin/clients`)).status);
    const otherScheme = await guess('Basic YTpi');
    const wrong = await guess('Bearer wrong');

    expect(without).toEqual(without.map(() => 401));
    expect([otherScheme.status, wrong.status]).toEqual([401, 401]);
  });

  it('given a thousand wrong ones at once, when they are over, then ten were answered, and the store has one counter', async () => {
    service = await startService(store, { ADMIN_TOKEN: adminToken });
    service.clock.advance(60_000 - (service.clock.now() % 60_000));
    const inspector = service.app.get(StoreInspector);

    const answers = await Promise.all(Array.from({ length: 1_000 }, (_, index) => guess(`Bearer wrong-${index}`)));

    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(990);
    expect(await inspector.count('rate_limits')).toBe(1);
  });

  it('given a production server with the comparison, when the token is guessed by starting runs, then those count too', async () => {
    const production = { NODE_ENV: 'production', COMPARISON: 'on', RATE_LIMIT: 'off', ISSUER: 'https://auth.example' };
    service = await startService(store, { ...production, ADMIN_TOKEN: adminToken });
    service.clock.advance(60_000 - (service.clock.now() % 60_000));
    const start = (token: string) =>
      fetch(`${service.url}/compare/runs`, { method: 'POST', headers: { authorization: `Bearer ${token}` } });

    const statuses: number[] = [];
    for (let count = 0; count < 11; count += 1) statuses.push((await start('wrong')).status);
    const elsewhere = await guess('Bearer wrong');
    const right = await start(adminToken);

    expect(statuses).toEqual([...Array<number>(10).fill(401), 429]);
    expect(elsewhere.status).toBe(429);
    expect(right.status).toBe(201);
  });

  it('given a page of another origin, when it asks, then it may not read', async () => {
    service = await startService(store, { ADMIN_TOKEN: adminToken });

    const { headers } = await admin(service, 'GET', '/clients', undefined, { origin: 'http://127.0.0.1' });

    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});
