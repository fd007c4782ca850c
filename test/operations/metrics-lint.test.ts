import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { adminToken } from '../support/operations/admin';
import { startService } from '../support/service/service';
import { bothStores } from '../support/stores/stores';
import { Traffic } from '../support/operations/traffic';

describe.each(bothStores)('what /metrics exposes on %s', (store) => {
  it('given a service that has counted something of everything, when promtool reads it, then it has nothing against it', async () => {
    const service = await startService(store, { ADMIN_TOKEN: adminToken, EVM_RPC_URLS: '1=https://rpc.example' });
    const traffic = await Traffic.to(service, async (milliseconds) => service.clock.advance(milliseconds));
    await traffic.mixed();

    const exposition = await (await fetch(`${service.url}/metrics`)).text();
    await service.stop();

    expect(exposition).toContain('\n# TYPE tessera_event_loop_delay_seconds gauge\n');
    expect(execFileSync('promtool', ['check', 'metrics'], { input: exposition, encoding: 'utf8' })).toBe('');
  });
});
