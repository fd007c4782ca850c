import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { AuditEvent } from '../../src/operations/audit/audit-event';
import type { AuditQuery } from '../../src/operations/audit/audit-query';
import { AuditStore, type StoredEvent } from '../../src/operations/audit/audit-store';
import type { ServiceEventType } from '../../src/domain/events/event';
import { newId } from '../../src/domain/credentials/secret';
import { eventually } from '../support/run/eventually';
import { fixture, fixtureOfEach } from '../support/run/fixture';
import { openEmptyStore, portOf } from '../support/stores/open-empty-store';
import { openStores } from '../support/stores/open-stores';
import { completeEvent, sampleEvent } from '../support/stores/sample-events';
import { bothStores } from '../support/stores/stores';
import { fewerRuns } from '../support/run/property-runs';

const now = Date.now();
const [minute, day] = [60_000, 86_400_000];

/** A subject that no other test has, so that each sees its own events alone. */
const someone = () => ({ sub: newId() });
const some = (...values: readonly string[]) => fc.constantFrom(undefined, ...values);

/** Without what the store adds. */
async function newest(events: AuditStore, query: AuditQuery, atMost = Number.POSITIVE_INFINITY): Promise<AuditEvent[]> {
  const all: AuditEvent[] = [];
  for await (const batch of events.newest(query)) {
    all.push(...batch.map(({ seq: _seq, link: _link, ...event }) => event));
    if (all.length >= atMost) break;
  }
  return all;
}

const batchOf = (count: number, changes: Partial<AuditEvent> = {}) =>
  Array.from({ length: count }, (_, place) => sampleEvent(now + place, changes));

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, place) => from + place);

describe.each(bothStores)('the store of the audit trail on %s', (name) => {
  const stores = fixture(() => openEmptyStore(name, {}, { unused: true }));
  const events = portOf(stores, AuditStore);

  const found = (query: AuditQuery, atMost?: number) => newest(events, query, atMost);

  it('given no events, when they are read, then there are none', async () => {
    expect(await found(someone())).toEqual([]);
  });

  it('given a complete event and one with the least, when they are read, then each is what was kept', async () => {
    const { sub } = someone();
    const [complete, least] = [completeEvent(now, { sub }), sampleEvent(now + 1, { sub })];

    await events.append([complete, least]);

    expect(await found({ sub })).toStrictEqual([least, complete]);
  });

  it('given a batch that was kept already, when it is kept again, then nothing is there twice', async () => {
    const { sub } = someone();
    const batch = Array.from({ length: 5 }, (_, place) => sampleEvent(now + place, { sub }));

    for (let time = 0; time < 3; time += 1) await events.append(batch);

    expect(await found({ sub })).toStrictEqual(batch.toReversed());
  });

  it('given batches of several processes that overlap, when they are read, then in the one order of time', async () => {
    const { sub } = someone();
    const all = Array.from({ length: 900 }, (_, place) => sampleEvent(now - minute + place * 100, { sub }));
    const batches = [0, 1, 2].map((process) => all.filter((_, place) => place % 3 === process));

    await Promise.all(batches.map((batch) => events.append(batch)));

    expect((await found({ sub })).map(({ id }) => id)).toEqual(all.map(({ id }) => id).toReversed());
  });

  it('given more than one batch, when a reader has enough, then it can stop, and go on behind any event', async () => {
    const { sub } = someone();
    const all = Array.from({ length: 1_200 }, (_, place) => sampleEvent(now + place, { sub })).toReversed();
    await events.append(all);

    const first = (await found({ sub }, 10)).slice(0, 10);
    const rest = await found({ sub, before: first.at(-1)?.id ?? '' });

    expect([...first, ...rest].map(({ id }) => id)).toEqual(all.map(({ id }) => id));
  });

  it('given any events and any query, when they are read, then those that agree with it come newest first', async () => {
    const types: readonly (ServiceEventType | undefined)[] = [undefined, 'code_issued', 'request_refused'];
    const fields = {
      type: fc.constantFrom(...types),
      clientId: some('a', 'a"', 'b\\', '"type":"code_issued"'),
      ip: some('203.0.113.1', '2001:db8::1'),
      reason: some('code_used', 'code_expired'),
    };
    const from = now - day;
    const time = fc.integer({ min: from, max: from + 30_000 });
    const event = fc.record({ time, ...fields });
    const query = fc.record({ ...fields, since: fc.option(time), until: fc.option(time) });

    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 40 }), query, fc.nat(39), async (given, asked, place) => {
        const { sub } = someone();
        const kept = given.map(({ time: at, type = 'code_redeemed', clientId, ip, reason }) =>
          sampleEvent(at, {
            type,
            sub,
            ...(clientId !== undefined && { client_id: clientId }),
            ...(ip !== undefined && { ip }),
            ...(reason !== undefined && { reason }),
          }),
        );
        const cut = Math.floor(kept.length / 3);
        for (const batch of [kept.slice(0, cut), kept.slice(cut)]) {
          if (batch.length > 0) await events.append(batch);
        }
        const before = kept[place]?.id;
        const { since, until, ...equal } = asked;
        const { type: askedType, clientId: askedClient, ip: askedIp, reason: askedReason } = equal;

        const read = await found({
          sub,
          ...(askedType !== undefined && { type: askedType }),
          ...(askedClient !== undefined && { clientId: askedClient }),
          ...(askedIp !== undefined && { ip: askedIp }),
          ...(askedReason !== undefined && { reason: askedReason }),
          ...(since !== null && { since }),
          ...(until !== null && { until }),
          ...(before !== undefined && { before }),
        });

        const expected = kept
          .filter(({ time: at }) => since === null || Date.parse(at) >= since)
          .filter(({ time: at }) => until === null || Date.parse(at) < until)
          .filter(({ id }) => before === undefined || id < before)
          .filter(({ type }) => equal.type === undefined || type === equal.type)
          .filter(({ client_id: id }) => equal.clientId === undefined || id === equal.clientId)
          .filter(({ ip }) => equal.ip === undefined || ip === equal.ip)
          .filter(({ reason }) => equal.reason === undefined || reason === equal.reason)
          .toSorted((a, b) => (a.id < b.id ? 1 : -1));
        expect(read).toStrictEqual(expected);
      }),
      fewerRuns(40),
    );
  });

  it('given addresses, when those of old events are truncated, then the network is left, and so it is again', async () => {
    const { sub } = someone();
    const old = [
      sampleEvent(now - 8 * day, { sub, ip: '203.0.113.77' }),
      sampleEvent(now - 8 * day + 1, { sub, ip: '2001:db8:1:2:3:4:5:6', user_agent: '"ip":"198.51.100.1"' }),
      sampleEvent(now - 8 * day + 2, { sub }),
    ];
    const young = sampleEvent(now, { sub, ip: '203.0.113.77' });
    await events.append([...old, young]);

    for (let time = 0; time < 2; time += 1) await events.truncateAddresses(now - 7 * day);

    expect((await found({ sub })).map(({ ip }) => ip)).toEqual([
      '203.0.113.77',
      undefined,
      '2001:db8:1::/48',
      '203.0.113.0/24',
    ]);
    expect((await found({ sub }))[2]?.user_agent).toBe('"ip":"198.51.100.1"');
    expect(await found({ sub, ip: '203.0.113.0/24' })).toHaveLength(1);
  });

  it('given addresses that grow old later, when they are truncated by and by, then all of them are', async () => {
    const { sub } = someone();
    const all = Array.from({ length: 60 }, (_, hour) =>
      sampleEvent(now - 6 * day + hour * 60 * minute, { sub, ip: `203.0.113.${hour}` }),
    );
    await events.append(all);

    const whole: number[] = [];
    for (let hour = 0; hour <= 60; hour += 20) {
      await events.truncateAddresses(now - 6 * day + hour * 60 * minute);
      whole.push((await found({ sub })).filter(({ ip }) => ip !== '203.0.113.0/24').length);
    }

    expect(whole).toEqual([60, 40, 20, 0]);
  });

  it('given a person, when that one is erased, then the events are left without subject, address and user agent', async () => {
    const [one, other] = [someone(), someone()];
    const batch = [completeEvent(now, one), completeEvent(now + 1, other), sampleEvent(now + 2, one)];
    await events.append(batch);

    const erased = [await events.erase(one.sub), await events.erase(one.sub)];

    const { sub: _, ip: __, user_agent: ___, ...left } = batch[0] ?? sampleEvent(now);
    const around = await found({ since: now, until: now + 3 });
    expect(erased).toEqual([2, 0]);
    expect(await found(one)).toEqual([]);
    expect(await found(other)).toStrictEqual([batch[1]]);
    expect(around).toContainEqual(left);
    expect(around.map(({ id }) => id)).toContain(batch[2]?.id);
  });
});

describe.each(bothStores)('the order of the audit trail on %s', (name) => {
  const stores = fixtureOfEach(() => openEmptyStore(name, {}, { unused: true }));
  const events = portOf(stores, AuditStore);

  async function inOrder(after: number, query: AuditQuery = {}, upTo?: number): Promise<StoredEvent[]> {
    const all: StoredEvent[] = [];
    for await (const batch of events.inOrder(query, after, upTo ?? (await events.state()).settled)) all.push(...batch);
    return all;
  }
  const seqsOf = async (...asked: Parameters<typeof inOrder>) => (await inOrder(...asked)).map(({ seq }) => seq);

  it('given events of both kinds, when they are written, then they are counted from 1, in the order of writing', async () => {
    const [late, security, early] = [batchOf(3), batchOf(2), [sampleEvent(now - minute)]];
    const before = (await events.state()).settled;
    await events.append(late);
    await events.append(security, true);
    await events.append(early);

    const all = await inOrder(0);

    expect([before, (await events.state()).settled]).toEqual([0, 6]);
    expect(all.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(all.map(({ id }) => id)).toEqual([...late, ...security, ...early].map(({ id }) => id));
    expect(all.map(({ time }) => time)).toEqual([...late, ...security, ...early].map(({ time }) => time));
  });

  it('given a reader that follows, when several processes write, then each event comes once', async () => {
    const others = await Promise.all([1, 2].map(() => openStores(stores)));
    const writers = [events, ...others.map((each) => each.get(AuditStore))];
    const batches = writers.flatMap((writer) =>
      Array.from({ length: 12 }, (_, place) => ({ writer, batch: batchOf(40), reserved: place % 3 === 0 })),
    );
    const read: StoredEvent[] = [];
    let isOver = false;
    const following = (async () => {
      for (let after = 0, isLast = false; !isLast;) {
        isLast = isOver;
        const upTo = (await events.state()).settled;
        read.push(...(await inOrder(after, {}, upTo)));
        after = Math.max(after, upTo);
        await nextTurn();
      }
    })();

    await Promise.all(batches.map(({ writer, batch, reserved }) => writer.append(batch, reserved)));
    isOver = true;
    await following;
    await Promise.all(others.map((each) => each.close()));

    const seqs = read.map(({ seq }) => seq);
    const written = batches.flatMap(({ batch }) => batch.map(({ id }) => id));
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    expect(read.map(({ id }) => id).toSorted()).toEqual(written.toSorted());
  });

  it('given many events, when some are asked for, then those that match come behind the seq, up to the other', async () => {
    await events.append(batchOf(1_200));
    await events.append(batchOf(30, { sub: 'a' }));
    await events.append(batchOf(1_200), true);
    await events.append(batchOf(30, { sub: 'a' }), true);

    expect(await seqsOf(0)).toEqual(range(1, 2_460));
    expect(await seqsOf(1_190, {}, 1_250)).toEqual(range(1_191, 1_250));
    expect(await seqsOf(1_205, { sub: 'a' })).toEqual([...range(1_206, 1_230), ...range(2_431, 2_460)]);
    expect(await seqsOf(0, { sub: 'a', since: now + 20 }, 2_000)).toEqual(range(1_221, 1_230));
    expect(await seqsOf(2_460)).toEqual([]);
  });

  it('given events before a time, when they are removed, then the others stay, up to the first that is younger', async () => {
    for (const age of [100, 99, 90, 98]) await events.append([sampleEvent(now - age * day)]);
    await events.append([sampleEvent(now - 90 * day)], true);

    const cuts = await events.cutsForAge(now - 95 * day);
    const removed = await events.remove(cuts);

    expect([cuts, removed]).toEqual([{ audit: 2 }, { other: 2, security: 0 }]);
    expect((await inOrder(0)).map(({ seq }) => seq)).toEqual([3, 4, 5]);
    expect(await events.cutsForAge(now - 95 * day)).toEqual({});
    expect(await events.cutsForAge(now)).toEqual({ audit: 4, audit_security: 5 });
  });

  it('given a batch that was written, when it is written again with others, then only those are counted', async () => {
    const [one, other] = [batchOf(5), batchOf(2)];
    await events.append(one);
    const first = await inOrder(0);
    await events.append(name === 'lmdb' ? one : [...one, ...other]);
    if (name === 'lmdb') await events.append(other);
    const all = await inOrder(0);

    expect(all.slice(0, 5)).toEqual(first);
    expect(all.slice(5).map(({ id }) => id)).toEqual(other.map(({ id }) => id));
  });
});

describe.each(bothStores)('the size of the audit trail on %s', (name) => {
  const stores = fixtureOfEach(() => openEmptyStore(name, {}, { unused: true }));
  const events = portOf(stores, AuditStore);
  const trim = async (bytes: number) => events.remove(await events.cutsForSize(bytes));
  const kept = async () => (await newest(events, {})).map(({ id }) => id);

  it('given more than may be, when it is trimmed, then the oldest are gone and the newest are there', async () => {
    const batches = Array.from({ length: 20 }, (_, place) =>
      Array.from({ length: 400 }, (__, index) => completeEvent(now + place * minute + index)),
    );
    for (const batch of batches) await events.append(batch);

    await trim(Number.MAX_SAFE_INTEGER);
    const untouched = await kept();
    await trim((await events.bytes()) / 2);
    const left = await kept();

    const all = batches
      .flat()
      .map(({ id }) => id)
      .toReversed();
    expect(untouched).toEqual(all);
    expect(left).toEqual(all.slice(0, left.length));
    // The server that stands in for MongoDB says how large a collection was a while ago, now less than it is, now more.
    const [least, most] = name === 'lmdb' ? [3_000, 5_000] : [1, all.length - 1];
    expect(left.length).toBeGreaterThanOrEqual(least);
    expect(left.length).toBeLessThanOrEqual(most);
  });

  it('given a flood of other events, when the trail is trimmed, then security events stay, and what went is counted', async () => {
    const security = Array.from({ length: 300 }, (_, place) => completeEvent(now + place, { sub: `s${place}` }));
    const flood = Array.from({ length: 12_000 }, (_, place) => completeEvent(now + minute + place));

    await events.append(security, true);
    for (let from = 0; from < flood.length; from += 500) await events.append(flood.slice(from, from + 500));
    const before = await kept();
    // The server that stands in for MongoDB says how large a collection was a while ago.
    await eventually(async () => (await events.bytes()) > 2_097_152, { withinMs: 90_000, everyMs: 250 });
    const trimmed = await trim(1_048_576);
    const after = await kept();

    expect(before).toEqual([...security, ...flood].map(({ id }) => id).toReversed());
    expect(trimmed).toEqual({ security: 0, other: before.length - after.length });
    expect(trimmed.other).toBeGreaterThan(name === 'lmdb' ? 5_000 : 0);
    expect(after.slice(-300)).toEqual(security.map(({ id }) => id).toReversed());
  });

  it('given more security events than half of the room, when nothing else is there, then they may have all of it', async () => {
    const batch = Array.from({ length: 1_000 }, (_, place) => completeEvent(now + place));
    await events.append(batch, true);

    const trimmed = await trim((await events.bytes()) * 1.5 + 100_000);

    expect(trimmed).toEqual({ security: 0, other: 0 });
  });
});
