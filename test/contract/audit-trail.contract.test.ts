import { beforeEach, describe, expect, it } from '@jest/globals';
import { AuditReader } from '../../src/operations/audit/audit-reader';
import { AuditStore } from '../../src/operations/audit/audit-store';
import type { AuditTrail } from '../../src/operations/audit/audit-trail';
import { eventually } from '../support/run/eventually';
import { fixtureOfEach } from '../support/run/fixture';
import { isReady, openStores } from '../support/stores/open-stores';
import { completeEvent } from '../support/stores/sample-events';
import { auditParts } from '../support/stores/audit-parts';
import { breakableStore, outagesOf } from '../support/stores/store-outage';
import { bothStores } from '../support/stores/stores';

const cases = bothStores.flatMap((store) => outagesOf[store].map((outage) => [store, outage] as const));
const day = 86_400_000;
const request = { client: { ip: '203.0.113.7', host: '203.0.113.7' }, overLimit: false };

describe.each(cases)('the audit trail on %s, which may be %s', (name, outage) => {
  const store = fixtureOfEach(() => breakableStore(name));
  const stores = fixtureOfEach(() => openStores(store, { AUDIT_MAX_MB: '1', AUDIT_RETENTION_DAYS: '20' }));
  let log: string[];
  let trail: AuditTrail;
  let reader: AuditReader;

  beforeEach(() => {
    log = [];
    trail = auditParts(stores, (line) => void log.push(line)).trail;
    reader = new AuditReader(trail, stores.get(AuditStore));
  });

  const redeem = (count: number) => {
    for (let place = 0; place < count; place += 1) {
      const event = { type: 'code_redeemed', clientId: 'a', sub: 'b', grantId: `g${place}` } as const;
      trail.record([event], request);
    }
  };

  async function kept(): Promise<string[]> {
    const ids: string[] = [];
    for await (const batch of stores.get(AuditStore).newest({})) ids.push(...batch.map(({ grant_id: id }) => id ?? ''));
    return ids.toReversed();
  }

  const isAway = async () => !(await isReady(stores));

  it('given a store that goes, when what happened meanwhile has room, then it is written when it is back, each once', async () => {
    trail.open();
    redeem(3);
    await trail.flush();
    await store.goAway(outage);
    await eventually(isAway, { withinMs: 30_000 });

    redeem(1_200);
    await expect(trail.flush()).rejects.toThrow('not available');
    const lostMeanwhile = trail.counts.lost;
    await store.comeBack();
    await eventually(async () => !(await isAway()), { withinMs: 30_000 });
    await eventually(async () => (await kept()).length >= 1_203, { withinMs: 30_000 });

    const expected = [...Array(3).keys(), ...Array(1_200).keys()].map((place) => `g${place}`);
    expect(await kept()).toEqual(expected);
    expect([lostMeanwhile, trail.counts]).toEqual([0, { events: 1_203, lost: 0 }]);
    await trail.close();
    expect(log).toEqual([]);
  });

  it('given a store that does not come back, when there is no room any more and the process ends, then what is lost is counted', async () => {
    trail.open();
    await store.goAway(outage);
    await eventually(isAway, { withinMs: 30_000 });

    redeem(10_100);
    const overflown = trail.counts.lost;
    await trail.close();
    await store.comeBack();

    expect(overflown).toBe(100);
    expect(trail.counts).toEqual({ events: 10_100, lost: 10_100 });
    expect(log.join()).toContain('audit events were lost');
  });

  if (outage === outagesOf[name][0]) {
    it('given a store that is not known to be ours yet, when something happens, then nothing is written until it is', async () => {
      redeem(600);
      await trail.flush();
      const before = await kept();
      trail.open();
      await trail.flush();

      expect(before).toEqual([]);
      expect(await kept()).toHaveLength(600);
      await trail.close();
    });

    it('given many events, when they are told, then they are written without a second having passed', async () => {
      // A slow store may take longer now and then; what waits for its second is late every time.
      let [soon, told] = [false, 0];
      while (!soon && told < 3_000) {
        const enough = told + 500;
        trail.open();
        redeem(600);
        told += 600;
        soon = await eventually(async () => (await kept()).length >= enough, { withinMs: 800 }).then(
          () => true,
          () => false,
        );
        await trail.close();
      }

      expect(soon).toBe(true);
      expect(await kept()).toHaveLength(told);
    });

    it('given what is counted together, when its minute is over, then it is written, with its number, and never grows', async () => {
      stores.clock.advance(60_000 - (stores.clock.now() % 60_000));
      const refuse = (count: number) => {
        for (let place = 0; place < count; place += 1)
          trail.record([{ type: 'request_refused', reason: 'rate_limited' }], { ...request, overLimit: true });
      };
      const counts = async () => (await reader.page({}, 10)).items.map(({ count }) => count);
      trail.open();
      refuse(900);
      const during = [await counts(), trail.growing.map(({ count }) => count)];
      stores.clock.advance(60_000);
      const over = await counts();
      refuse(3);
      await trail.close();

      expect(during).toEqual([[], [900]]);
      expect(over).toEqual([900]);
      // The end of the process does not wait for the end of the minute.
      expect((await reader.page({}, 10)).items.map(({ count }) => count)).toEqual([3, 900]);
      expect(trail.counts).toEqual({ events: 903, lost: 0 });
    });

    it('given a few, when a second has passed, then they are written, and a reader does not have to wait for it', async () => {
      trail.open();
      redeem(2);
      const asked = await reader.page({}, 10);
      redeem(1);
      const unasked = await kept();

      await eventually(async () => (await kept()).length === 3, { withinMs: 30_000 });

      expect([asked.items.length, unasked.length]).toEqual([2, 2]);
      await trail.close();
    });

    it('given a large and old trail, when it is looked after, then its size and age are as they are set', async () => {
      const events = stores.get(AuditStore);
      const { keys, upkeep } = auditParts(stores);
      await keys.ensure();
      const now = stores.clock.now();
      for (const age of [25, 10, 1]) await events.append([completeEvent(now - age * day)]);
      for (let batch = 0; batch < 15; batch += 1) {
        await events.append(Array.from({ length: 500 }, (_, place) => completeEvent(now + batch * 1_000 + place)));
      }

      await upkeep.boundAge();
      const { items } = await reader.page({ until: now }, 10);
      // The server that stands in for MongoDB says how large a collection was a while ago.
      await eventually(async () => (await events.bytes()) > 1_048_576, { withinMs: 90_000, everyMs: 250 });
      await upkeep.boundSize();
      const after = await events.bytes();

      expect(items.map(({ ip }) => ip)).toEqual(['203.0.113.77', '203.0.113.0/24']);
      if (name === 'lmdb') expect(after).toBeLessThanOrEqual(1_048_576);
      expect((await reader.page({ until: now }, 10)).items).toEqual([]);
      await upkeep.onApplicationShutdown();
    });
  }
});
