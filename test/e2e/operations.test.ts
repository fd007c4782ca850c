import { describe, expect, it } from '@jest/globals';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

describe.each(storesUnderTest)('operations on %s', (store) => {
  const service = fixture(() => startService(store));

  it('given a prepared store, when readiness is asked, then it is ok', async () => {
    const response = await fetch(`${service.url}/health/ready`);

    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok' });
  });
});
