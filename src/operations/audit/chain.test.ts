import { describe, expect, it } from '@jest/globals';
import type { AuditEvent } from './audit-event';
import { Chain, erased, hashOf, truncated } from './chain';
import { EventIds } from './event-id';
import { type Link, linkBytes, linkIn, linkText, linkTextIn, noLink } from './link';

const ids = new EventIds();
const start = Date.parse('2026-01-01T00:00:00Z');

function eventOf(changes: Partial<AuditEvent> = {}): AuditEvent {
  const time = new Date(start).toISOString();
  return { id: ids.next(start), time, type: 'code_issued', outcome: 'success', ...changes };
}

const personal = { sub: 'person', ip: '203.0.113.77', user_agent: 'a browser' };

/** Events in a chain that has begun, with their links and hashes. */
function chained(...events: readonly AuditEvent[]) {
  const chain = new Chain('audit');
  const items = events.map((event) => ({ event }));
  return chain.link(items, 5).map(({ event, link, head }) => ({ event, head, link: linkIn(link) ?? noLink }));
}

function only(event: AuditEvent): { event: AuditEvent; link: Link; hash: string; seq: number } {
  const [{ link, head } = { link: noLink, head: { hash: '', seq: 0 } }] = chained(event);
  return { event, link, hash: head.hash, seq: head.seq };
}

describe('the chain of a writer', () => {
  it('given events in several batches, when each is hashed, then the next goes on with it', () => {
    const chain = new Chain('audit');
    const batches = [[eventOf(), eventOf(personal)], [eventOf({ sub: 'another' })]].map((batch) =>
      batch.map((event) => ({ event })),
    );
    const first = chain.link(batches[0] ?? [], 7);
    chain.goOn(first.at(-1)?.head);
    const all = [...first, ...chain.link(batches[1] ?? [], 20)];
    chain.breakOff();
    const other = chain.link([{ event: eventOf() }], 30);

    const links = all.map(({ link }) => linkIn(link));
    expect(links).toMatchObject([
      { chain: 7, after: 0 },
      { chain: 7, after: 7, hash: all[0]?.head.hash },
      { chain: 7, after: 8, hash: all[1]?.head.hash },
    ]);
    expect(all.map(({ event, head: { seq } }, place) => hashOf(event, seq, links[place] ?? noLink))).toEqual(
      all.map(({ head }) => head.hash),
    );
    expect(linkIn(other[0]?.link ?? '')).toMatchObject({ chain: 30, after: 0 });
  });

  it('given equal events, when they are chained, then no hash tells that they are, and no salt is shared with another person', () => {
    const [one, two, other] = [eventOf(personal), eventOf(personal), eventOf({ ...personal, sub: 'another' })];

    const [a, b, c] = chained(one, two, other);

    expect(a?.link.person).toBe(b?.link.person);
    expect(a?.link.person).not.toBe(c?.link.person);
    expect(a?.link.address).not.toBe(c?.link.address);
    expect(only(one).hash).not.toBe(only(one).hash);
  });

  it.each<[string, Partial<AuditEvent>]>([
    ['all personal fields', personal],
    ['a subject', { sub: 'person' }],
    ['an IPv6 address', { ip: '2001:db8:1:2:3:4:5:6' }],
    ['a network', { ip: '2001:db8:1::/48', sub: 'person' }],
    ['none', {}],
  ])('given %s, when they go by and by, then the hash stays', (_what, fields) => {
    const { event, link, hash, seq } = only(eventOf(fields));

    const short = truncated(event, link);
    const without = erased(short.event, short.link);
    const atOnce = erased(event, link);

    expect([event.ip === undefined, short.event.ip?.includes('/')]).toEqual(
      fields.ip === undefined ? [true, undefined] : [false, true],
    );
    expect(without.event).toEqual(eventOf({ id: event.id }));
    for (const each of [{ event, link }, short, truncated(short.event, short.link), without, atOnce])
      expect(hashOf(each.event, seq, each.link)).toBe(hash);
    expect(JSON.stringify(without.link)).not.toContain(link.person || 'nothing');
  });

  it.each<[string, Partial<AuditEvent>]>([
    ['another type', { type: 'code_redeemed' }],
    ['another outcome', { outcome: 'failure' }],
    ['one field more', { reason: 'code_used' }],
    ['another id', { id: ids.next(start) }],
  ])('given %s, when it is hashed, then it is not what was chained', (_what, changes) => {
    const { event, link, hash, seq } = only(eventOf(personal));

    expect(hashOf(event, seq, link)).toBe(hash);
    expect(hashOf({ ...event, ...changes }, seq, link)).toBeUndefined();
    expect(hashOf(event, seq + 1, link)).toBeUndefined();
    expect(hashOf(event, seq, { ...link, after: 3 })).toBeUndefined();
  });

  it.each(['sub', 'ip', 'user_agent'] as const)(
    'given another %s, when it is hashed, then it is not the same',
    (name) => {
      const { event, link, seq } = only(eventOf(personal));
      const gone = erased(event, link);

      expect(hashOf({ ...event, [name]: '198.51.100.1' }, seq, link)).toBeUndefined();
      // What has gone does not come back.
      expect(hashOf({ ...gone.event, [name]: personal[name] }, seq, gone.link)).toBeUndefined();
      const none = only(eventOf());
      expect(hashOf({ ...none.event, [name]: personal[name] }, seq, none.link)).toBeUndefined();
    },
  );

  it('given a network instead of an address, when its salt is still there, then it was not shortened by the service', () => {
    const { event, link, seq } = only(eventOf(personal));

    expect(hashOf({ ...event, ip: '203.0.113.0/24' }, seq, link)).toBeUndefined();
    const short = truncated(event, link);
    expect(hashOf({ ...short.event, ip: '198.51.100.0/24' }, seq, short.link)).toBeUndefined();
  });
});

describe('a link', () => {
  it.each<[string, Partial<AuditEvent>]>([
    ['personal fields', personal],
    ['a subject', { sub: 'person' }],
    ['none', {}],
  ])('given %s, when it is written as text and as bytes, then it is read as it was', (_what, fields) => {
    const { event, link } = only(eventOf(fields));
    for (const each of [link, truncated(event, link).link, erased(event, link).link]) {
      expect(linkIn(linkText(each))).toEqual(each);
      expect(linkIn(linkTextIn(linkBytes(linkText(each))))).toEqual(each);
    }
  });

  it.each(['', 'x', '1.2.', '1.2.short', `1.2.${'A'.repeat(25)}`, `1.-2.${'A'.repeat(24)}`])(
    'given "%s", when it is read, then it is none',
    (text) => {
      expect(linkIn(text)).toBeUndefined();
      expect(linkIn(linkTextIn(Buffer.from(text)))).toBeUndefined();
    },
  );
});
