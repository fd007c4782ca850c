import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startService, type TestService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

describe.each(storesUnderTest)('operations on %s', (store) => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService(store);
  });
  afterAll(() => service.stop());

  it('given a prepared store, when readiness is asked, then it is ok', async () => {
    const response = await fetch(`${service.url}/health/ready`);

    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok' });
  });

  it('given a path that answers GET, when it is posted to, then it is 405 with Allow', async () => {
    const response = await fetch(`${service.url}/health/ready`, { method: 'POST' });

    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
    expect(await response.json()).toMatchObject({ error: 'invalid_request' });
  });
});
