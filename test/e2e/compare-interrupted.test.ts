import { describe, expect, it } from '@jest/globals';
import { newId } from '../../src/domain/credentials/secret';
import { ClientStore } from '../../src/domain/clients/client-store';
import { runClients } from '../../src/apps/comparison/run-clients';
import { finishedRun, readEvents, readRun, startRun } from '../support/service/comparison';
import { eventually } from '../support/run/eventually';
import { startService, startServiceOn, type TestService } from '../support/service/service';
import { emptyStore, storesUnderTest } from '../support/stores/stores';

async function clientsOfRuns({ app }: TestService): Promise<string[]> {
  const clients = await app.get(ClientStore).list();
  return clients.map(({ clientId }) => clientId).filter((id) => id.startsWith('comparison-'));
}

describe.each(storesUnderTest)('an interrupted run on %s', (name) => {
  it('given a run under way, when the service stops, then the run has cleaned up and says how it ended', async () => {
    const store = emptyStore(name);
    const first = await startServiceOn(store);
    const { id } = (await (await startRun(first.url)).json()) as { id: string };
    await first.stop();
    const second = await startServiceOn(store);

    const run = await readRun(second.url, id);
    const clients = await clientsOfRuns(second);
    await second.stop();
    await store.remove();

    expect(run.status).toBe('error');
    expect(run.message).toMatch(/^The run could not be finished: /);
    expect(clients).toEqual([]);
  });

  it('given the clients of a run whose process was killed, when the next run is made, then they are gone', async () => {
    const service = await startService(name);
    const { app, dapp, attacker } = runClients(newId(), 'RS256');
    for (const client of [app, dapp, attacker]) await service.app.get(ClientStore).save(client);

    const left = await clientsOfRuns(service);
    await finishedRun(service.url, { models: ['wallet'], attacks: false });
    const clients = await clientsOfRuns(service);
    await service.stop();

    expect(left).toHaveLength(3);
    expect(clients).toEqual([]);
  });

  it('given a finished run, when nearly an hour has passed, then it is kept, and after an hour it is gone', async () => {
    const service = await startService(name);
    const run = await finishedRun(service.url, { models: ['wallet'], attacks: false });

    service.clock.advance(59 * 60_000);
    const kept = await readRun(service.url, run.id);
    service.clock.advance(2 * 60_000);
    const gone = await fetch(`${service.url}/compare/runs/${run.id}/events`);
    await service.stop();

    expect(kept).toEqual(run);
    expect(gone.status).toBe(404);
  });

  it('given a reader of a run under way, when the service stops, then the reader’s stream ends', async () => {
    const service = await startService(name);
    const { id } = (await (await startRun(service.url)).json()) as { id: string };
    const reading = readEvents(service.url, id);
    await eventually(async () => (await readRun(service.url, id)).steps.length > 0, { withinMs: 30_000 });
    await service.stop();

    await expect(reading).resolves.toBeInstanceOf(Array);
  });
});
