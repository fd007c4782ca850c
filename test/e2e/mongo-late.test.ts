import { describe, expect, it } from '@jest/globals';
import { eventually } from '../support/run/eventually';
import { codeFor, loggedIn, redeem } from '../support/clients/pkce-login';
import { listenOn } from '../support/service/service';
import { breakableStore } from '../support/stores/store-outage';
import { newAccount, post } from '../support/clients/wallet';

describe('a database server that comes up after the service', () => {
  it('given no database yet, when it comes up, then the service heals without a restart', async () => {
    const store = await breakableStore('mongodb');
    await store.goAway('refusing');
    const service = await listenOn(store);
    const status = async (path: string) => (await fetch(service.url + path)).status;
    const before = [await status('/health/live'), await status('/health/ready')];
    const early = await post(service, '/wallet/challenge', { address: newAccount().address });

    await store.comeBack();
    await eventually(async () => (await status('/health/ready')) === 200, { withinMs: 30_000 });
    const late = await redeem(service, await codeFor(service, await loggedIn(service)));
    await service.stop();
    await store.remove();

    expect(before).toEqual([200, 503]);
    expect([early.status, early.headers.get('retry-after')]).toEqual([503, expect.any(String)]);
    expect(late.status).toBe(200);
  });
});
