import { afterEach, describe, expect, it } from '@jest/globals';
import { admin, adminToken } from '../support/admin';
import { startService, type TestService } from '../support/service';
import { storesUnderTest } from '../support/stores';

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

  it.each([
    ['nothing', ''],
    ['another scheme', `Basic ${adminToken}`],
    ['no scheme', adminToken],
    ['a beginning', `Bearer ${adminToken.slice(0, -1)}`],
    ['more', `Bearer ${adminToken}x`],
    ['another case', `Bearer ${adminToken.toUpperCase()}`],
    ['two words', `Bearer ${adminToken} ${adminToken}`],
  ])('given %s in place of the token, when the administration is called, then it is 401', async (_what, shown) => {
    service = await startService(store, { ADMIN_TOKEN: adminToken });

    const { status, headers, body } = await guess(shown);

    expect([status, body['error'], body['reason']]).toEqual([401, 'invalid_token', 'admin_token_required']);
    expect(headers.get('www-authenticate')).toBe(`Bearer realm="${service.url}"`);
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('given every endpoint, when it is called without the token, then none answers, and none changes anything', async () => {
    service = await startService(store, { ADMIN_TOKEN: adminToken });
    const document = await fetch(`${service.url}/docs-json`).then((response) => response.json());
    const operations = Object.entries(document.paths as Record<string, object>)
      .filter(([path]) => path.startsWith('/admin/'))
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => [method.toUpperCase(), path] as const));

    const statuses = new Set<number>();
    for (const [method, path] of operations) {
      const url = `${service.url}${path.replace(/\{\w+\}/, 'demo-spa')}`;
      statuses.add((await fetch(url, { method, headers: { authorization: 'Bearer wrong' } })).status);
    }

    expect(operations.length).toBeGreaterThan(20);
    expect([...statuses].toSorted()).toEqual([401, 429]);
    expect((await admin(service, 'GET', '/clients/demo-spa')).status).toBe(200);
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

  it('given a page of another origin, when it asks, then it may not read', async () => {
    service = await startService(store, { ADMIN_TOKEN: adminToken });

    const { headers } = await admin(service, 'GET', '/clients', undefined, { origin: 'http://127.0.0.1' });

    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});
