import { afterEach, describe, expect, it } from '@jest/globals';
import { StoreInspector } from '../../src/platform/storage/store-inspector';
import { admin, adminToken } from '../support/operations/admin';
import { from, trustingItsPeer } from '../support/operations/audit';
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
  const guessFrom = async (ip: string) =>
    (await admin(service, 'GET', '/clients', undefined, { authorization: 'Bearer wrong', ...from(ip) })).status;
  const startRun = (token: string) =>
    fetch(`${service.url}/compare/runs`, { method: 'POST', headers: { authorization: `Bearer ${token}` } });

  async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    service = await startService(store, { ADMIN_TOKEN: adminToken, ...env });
    // Not at the end of a minute of the service's clock.
    service.clock.advance(60_000 - (service.clock.now() % 60_000));
  }

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
    await start();

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

  it('given an IPv6 /48, when it guesses from each of its /64, then it has 100 guesses a minute', async () => {
    await start(trustingItsPeer);

    const statuses: number[] = [];
    for (let at = 0; at < 102; at += 1) statuses.push(await guessFrom(`2001:db8:1:${at.toString(16)}::1`));
    const another = await guessFrom('198.51.100.1');

    expect(statuses).toEqual([...Array<number>(100).fill(401), 429, 429]);
    expect(another).toBe(401);
  });

  it('given who shows no token, when it asks often, then it has not guessed, and a wrong one is told that it is wrong', async () => {
    await start();

    const without: number[] = [];
    for (let count = 0; count < 20; count += 1) without.push((await fetch(`${service.url}/admin/clients`)).status);
    const otherScheme = await guess('Basic YTpi');
    const wrong = await guess('Bearer wrong');

    expect(without).toEqual(without.map(() => 401));
    expect([otherScheme.status, wrong.status]).toEqual([401, 401]);
  });

  it('given a thousand wrong ones at once, when they are over, then ten were answered, and the store has one counter', async () => {
    await start();
    const inspector = service.app.get(StoreInspector);

    const answers = await Promise.all(Array.from({ length: 1_000 }, (_, index) => guess(`Bearer wrong-${index}`)));

    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(990);
    expect(await inspector.count('rate_limits')).toBe(1);
  });

  it('given a production server with the comparison, when the token is guessed by starting runs, then those count too', async () => {
    const production = { NODE_ENV: 'production', COMPARISON: 'on', RATE_LIMIT: 'off', ISSUER: 'https://auth.example' };
    await start(production);

    const statuses: number[] = [];
    for (let count = 0; count < 11; count += 1) statuses.push((await startRun('wrong')).status);
    const elsewhere = await guess('Bearer wrong');
    const right = await startRun(adminToken);

    expect(statuses).toEqual([...Array<number>(10).fill(401), 429]);
    expect(elsewhere.status).toBe(429);
    expect(right.status).toBe(201);
  });
});
