import { generateKeyPairSync, sign } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { AuditEvent } from '../../src/operations/audit/audit-event';
import type { Fault } from '../../src/operations/audit/fault-list';
import { MongoDatabase } from '../../src/platform/storage/mongo-database';
import { auditEditor } from '../support/stores/audit-editor';
import { type AuditParts, auditParts } from '../support/stores/audit-parts';
import { fixtureOfEach } from '../support/run/fixture';
import { openEmptyStore } from '../support/stores/open-empty-store';
import { openStores } from '../support/stores/open-stores';
import { completeEvent, sampleEvent } from '../support/stores/sample-events';
import { bothStores } from '../support/stores/stores';

const [minute, day] = [60_000, 86_400_000];

describe.each(bothStores)('the verification of the audit trail on %s', (name) => {
  const stores = fixtureOfEach(() =>
    openEmptyStore(name, { AUDIT_RETENTION_DAYS: '20', AUDIT_MAX_MB: '1' }, { unused: true }),
  );
  const editor = fixtureOfEach(() => auditEditor(name, stores));
  let parts: AuditParts;

  beforeEach(async () => {
    parts = auditParts(stores);
    await parts.keys.ensure();
  });

  const eventsAt = (count: number, changes: Partial<AuditEvent> = {}, at = stores.clock.now()) =>
    Array.from({ length: count }, (_, place) => completeEvent(at + place, changes));
  const append = (count: number, changes: Partial<AuditEvent> = {}) => parts.store.append(eventsAt(count, changes));
  const verify = () => parts.verification.verify();
  const faults = async () => (await verify()).faults;

  /** Twenty events of either kind, in four batches; a seal in the middle and at the end: 1 to 10 and 11 to 20. */
  async function sealedTrail(): Promise<void> {
    for (let half = 0; half < 2; half += 1) {
      await append(6);
      await parts.store.append(eventsAt(4, { sub: 'person' }), true);
      await parts.seals.seal();
    }
  }

  it('given no event, when it is verified, then it is whole', async () => {
    expect(await verify()).toEqual({ whole: true, from: 0, to: 0, events: 0, faults: [] });
  });

  it('given events of several processes, when it is verified, then it is whole, and says from where on no seal is there', async () => {
    const others = await openStores(stores);
    const other = auditParts(others);
    await append(3);
    await other.store.append(eventsAt(3));
    await parts.store.append(eventsAt(3), true);
    await append(3);
    const unsealed = await verify();
    await parts.seals.seal();
    const all = await verify();
    await append(2);
    await other.store.append(eventsAt(2));
    const later = await verify();
    await others.close();

    const whole = { whole: true, from: 1, faults: [] };
    expect(unsealed).toEqual({ ...whole, to: 12, events: 12, unsealed_from: 1 });
    // The first seal of a process is of all that has none.
    expect(all).toEqual({ ...whole, to: 12, events: 12 });
    expect(later).toEqual({ ...whole, to: 16, events: 16, unsealed_from: 13 });
  });

  it.each([
    ['the first', [1], [fault('removed', 0, 2)]],
    ['one', [4], [fault('removed', 3, 5)]],
    ['several', [3, 4, 5], [fault('removed', 2, 6)]],
    ['two apart', [2, 5], [fault('removed', 1, 3), fault('removed', 4, 6)]],
    ['one of the other kind', [8], [fault('removed', 7, 9)]],
    ['the last of its kind', [20], [fault('removed', 19, 21)]],
    ['all', Array.from({ length: 20 }, (_, place) => place + 1), [fault('removed', 0, 21)]],
  ])('given %s, when it is removed, then it is named', async (_what, seqs, expected) => {
    await sealedTrail();
    for (const seq of seqs) await editor.removeEvent(seq);

    const { whole, faults: found } = await verify();

    expect([whole, found]).toEqual([false, expected]);
  });

  it('given a tail without a seal, when its end is cut, then it is named', async () => {
    await sealedTrail();
    await append(5);
    for (const seq of [24, 25]) await editor.removeEvent(seq);

    expect(await verify()).toMatchObject({ faults: [fault('removed', 23, 26)], unsealed_from: 21 });
  });

  it.each<[string, number, (fields: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>]>([
    ['another outcome', 3, (fields) => ({ ...fields, outcome: 'success' })],
    ['a field more', 1, (fields) => ({ ...fields, extra: 1 })],
    ['a field less', 8, ({ reason: _reason, ...fields }) => fields],
    ['another subject', 8, (fields) => ({ ...fields, sub: 'another' })],
    ['another address', 20, (fields) => ({ ...fields, ip: '198.51.100.1' })],
    ['a subject less', 16, ({ sub: _sub, ...fields }) => fields],
  ])('given %s, when it is changed, then it is named', async (_what, seq, change) => {
    await sealedTrail();
    await editor.changeEvent(seq, change);

    expect(await faults()).toEqual([fault('changed', seq - 1, seq + 1)]);
  });

  it('given a time that somebody adds to an event, when it is shown, then it has its own', async () => {
    await append(1, { sub: 'person' });
    const before = await parts.store.newest({}).next();
    await editor.changeEvent(1, (fields) => ({ ...fields, time: '2020-01-01T00:00:00.000Z' }));

    expect((await parts.store.newest({}).next()).value).toEqual(before.value);
    expect(await verify()).toMatchObject({ whole: true, events: 1 });
  });

  it('given two that are changed, when one is without a seal, then both are named', async () => {
    await sealedTrail();
    await append(3);
    for (const seq of [2, 23]) await editor.changeEvent(seq, (fields) => ({ ...fields, type: 'keys_rotated' }));

    expect(await faults()).toEqual([fault('changed', 1, 3), fault('changed', 22, 24)]);
  });

  it.each([
    [2, 3, [fault('reordered', 1, 4)]],
    [2, 5, [fault('reordered', 1, 6)]],
    [5, 6, [fault('reordered', 4, 7)]],
    [15, 16, [fault('reordered', 14, 17)]],
  ])('given the events %i and %i, when they are exchanged, then that is named', async (one, other, expected) => {
    await sealedTrail();
    await editor.swapEvents(one, other);

    expect(await faults()).toEqual(expected);
  });

  it('given events of two kinds, when they are exchanged, then it is not whole', async () => {
    await sealedTrail();
    await editor.swapEvents(3, 8);

    expect(await faults()).toEqual([fault('reordered', 0, 9), fault('removed', 6, 9)]);
  });

  it('given an event with the links of the next, when all is made anew without a key, then the seal tells', async () => {
    const other = await openStores(stores);
    const forger = auditParts(other);
    await append(3);
    await parts.seals.seal();
    // The same events in a chain of their own, which nobody has sealed.
    for (const seq of [1, 2, 3]) await editor.removeEvent(seq);
    await forger.store.append(eventsAt(3));
    await editor.forgetHeads();
    await other.close();

    expect(await faults()).toEqual([fault('removed', 0, 4), fault('seal_missing', 3, 7)]);
  });

  it.each([
    ['the first', 1, [fault('seal_missing', 0, 20)]],
    ['the last', 2, [fault('seal_missing', 10, 21)]],
  ])('given %s seal, when it is removed, then it is named', async (_which, number, expected) => {
    await sealedTrail();
    await editor.removeSeal(number);

    expect(await faults()).toEqual(expected);
  });

  it('given the last seal, when it is removed before a start, then what it sealed has none', async () => {
    await sealedTrail();
    await editor.removeSeal(2);
    const fresh = auditParts(stores);
    await fresh.keys.open();

    expect((await fresh.verification.verify()).faults).toEqual([fault('seal_missing', 10, 21)]);
  });

  it.each<[string, (seal: string, first: string) => string]>([
    ['that of another', (_seal, first) => first],
    ['what it says', (seal) => altered(seal, (claims) => ({ ...claims, heads: [] }))],
    ['the key', (seal) => signedByAnother(seal)],
    ['all of it', () => 'nothing'],
  ])('given a seal, when %s is put in its place, then it is named', async (_what, replaced) => {
    await sealedTrail();
    await append(2);
    await parts.seals.seal();
    const [first, second] = await editor.seals();
    await editor.replaceSeal(2, replaced(second?.seal ?? '', first?.seal ?? ''));

    expect(await faults()).toEqual([fault('seal_missing', 10, 22)]);
  });

  it('given a person and old addresses, when they go, then that is no fault', async () => {
    const now = stores.clock.now();
    await parts.store.append([
      ...eventsAt(3, {}, now - 8 * day),
      ...eventsAt(3, { sub: 'person' }, now - 8 * day + 10),
      ...eventsAt(2, { sub: 'person', ip: '2001:db8:1:2::3' }),
      sampleEvent(now),
    ]);
    await parts.seals.seal();
    await parts.store.append(eventsAt(2, { sub: 'person' }), true);

    await parts.upkeep.boundAge();
    const truncated = await verify();
    const erased = await parts.store.erase('person');

    expect(truncated.faults).toEqual([]);
    expect(erased).toBe(7);
    expect(await verify()).toMatchObject({ whole: true, events: 11, unsealed_from: 10 });
  });

  it('given a trail that grows old and large, when its beginning is removed, then that is sealed, and no more may go', async () => {
    const now = stores.clock.now();
    for (let age = 30; age >= 0; age -= 3) {
      await parts.store.append(eventsAt(4, {}, now - age * day));
      await parts.store.append(eventsAt(2, {}, now - age * day), true);
      await parts.seals.seal();
    }

    await parts.upkeep.boundAge();
    const kept = await verify();
    const seals = await editor.seals();
    await editor.removeEvent(kept.from);
    const byHand = await verify();

    expect(kept).toMatchObject({ whole: true, from: 25, to: 66, events: 42 });
    // Those of what has gone have gone with it.
    expect(seals[0]?.number).toBe(4);
    expect(byHand.faults).toEqual([fault('removed', 22, 26)]);
  });

  it('given a trail that is too large, when its oldest go, then that is sealed too', async () => {
    for (let batch = 0; batch < 14; batch += 1) await append(400);
    await parts.seals.seal();
    const cuts = await parts.store.cutsForSize(1_000_000);
    await parts.seals.sealRemoval(cuts);
    const trimmed = await parts.store.remove(cuts);

    const found = await verify();

    // The server that stands in for MongoDB says how large a collection was a while ago.
    if (name === 'lmdb') expect(trimmed.other).toBeGreaterThan(2_000);
    expect(found).toMatchObject({ whole: true, from: trimmed.other + 1, to: 5_600, events: 5_600 - trimmed.other });
  });

  it('given keys that are rotated, when they have retired, then their seals are as good, and those of a removed one no better', async () => {
    await sealedTrail();
    const leaked = (await editor.seals())[1]?.seal ?? '';
    await parts.keys.rotate(true);
    await append(3);
    await parts.seals.seal();
    stores.clock.advance(2 * day);
    await parts.keys.rotate();
    stores.clock.advance(2 * day);
    await parts.keys.rotate();
    await append(3);
    await parts.seals.seal();

    const fresh = auditParts(stores);
    await fresh.keys.open();
    expect(await fresh.verification.verify()).toMatchObject({ whole: true, events: 26 });

    await editor.replaceSeal(3, leaked);
    expect((await fresh.verification.verify()).faults).toEqual([fault('seal_missing', 20, 26)]);
  });

  it('given a writer that was killed, when the next one starts, then it seals what had no seal', async () => {
    const others = await openStores(stores);
    const killed = auditParts(others);
    await killed.store.append(eventsAt(3));
    await killed.store.append(eventsAt(2), true);
    await others.close();

    const left = await verify();
    await parts.seals.seal();

    expect(left).toEqual({ whole: true, from: 1, to: 5, events: 5, faults: [], unsealed_from: 1 });
    expect(await verify()).toEqual({ whole: true, from: 1, to: 5, events: 5, faults: [] });
  });

  it('given a writer that ends orderly, when it has ended, then all of it is sealed', async () => {
    await append(3);
    parts.trail.open();
    await parts.trail.close();

    const { unsealed_from: unsealed, whole } = await verify();
    expect([unsealed, whole]).toEqual([undefined, true]);
    expect(await editor.seals()).toHaveLength(1);
  });

  it('given processes that write, seal, trim and rotate keys, when it is verified meanwhile, then it is whole each time', async () => {
    const others = await Promise.all([openStores(stores), openStores(stores)]);
    const writers = [parts, ...others.map((each) => auditParts(each))];
    await Promise.all(writers.map(({ keys }) => keys.open()));
    const now = stores.clock.now();
    const write = async ({ store, seals, upkeep }: AuditParts) => {
      for (let round = 0; round < 6; round += 1) {
        await store.append(eventsAt(20, {}, now - (21 - round) * day), round % 2 === 0);
        await store.append(eventsAt(20, {}, now));
        await seals.seal();
        await upkeep.boundAge();
      }
    };
    const over = new AbortController();
    const work = Promise.all([...writers.map(write), parts.keys.rotate(), parts.keys.rotate(true)]);
    const done = work.finally(() => over.abort());
    const found: Fault[] = [];
    do {
      found.push(...(await faults()));
      await nextTurn();
    } while (!over.signal.aborted);
    await done;
    found.push(...(await faults()));
    await Promise.all(others.map((each) => each.close()));

    expect(found).toEqual([]);
  });

  if (name === 'mongodb') {
    it('given a writer that was killed while it wrote, when its time is over, then what it wrote is in the trail, without a fault', async () => {
      const range = await killedWhileWriting();
      await append(2);
      const during = await verify();
      stores.clock.advance(2 * minute);
      const after = await verify();
      await parts.seals.seal();

      expect(during).toMatchObject({ whole: true, to: range.from - 1 });
      expect(after).toMatchObject({ whole: true, events: 6, faults: [] });
      expect((await verify()).unsealed_from).toBeUndefined();
    });
  }

  /** With two events of five in the store, and the ledger as it was meanwhile. */
  async function killedWhileWriting(): Promise<{ readonly from: number }> {
    const others = await openStores(stores);
    const { store } = auditParts(others);
    await store.append(eventsAt(2));
    const ledger = others.get(MongoDatabase).connection.collection('audit_ledger');
    const before = await ledger.findOne({});
    await store.append(eventsAt(5));
    for (const seq of [5, 6, 7]) await editor.removeEvent(seq);
    const range = { space: 'audit', from: 3, count: 5, until: new Date(stores.clock.now() + minute) };
    await ledger.updateOne({}, { $set: { pending: [range], heads: before?.['heads'] as object } });
    await others.close();
    return range;
  }
});

function altered(seal: string, change: (claims: object) => object): string {
  const [header, claims = '', signature] = seal.split('.');
  const changed = change(JSON.parse(Buffer.from(claims, 'base64url').toString()) as object);
  return [header, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.');
}

function signedByAnother(seal: string): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const input = seal.split('.').slice(0, 2).join('.');
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

function fault(kind: Fault['kind'], after: number, before: number): Fault {
  return { kind, after_seq: after, before_seq: before };
}
