import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ClientAddress } from '../../platform/http/client-address';
import type { AuditEvent } from './audit-event';
import { EventIds } from './event-id';
import { Aggregation } from './aggregation';

const minute = 60_000;
const start = 1_000 * minute;
const ids = new EventIds();

const ipv4 = (place: number): ClientAddress => {
  const ip = `10.${place >> 16}.${(place >> 8) & 255}.${place & 255}`;
  return { ip, host: ip };
};
const ipv6 = (site: number, net: number): ClientAddress => {
  const [prefix, host] = [`2001:${site.toString(16)}:1`, `2001:${site.toString(16)}:1:${net.toString(16)}`];
  return { ip: `${host}::1`, host: `${host}::/64`, site: `${prefix}::/48` };
};

const event = (type: AuditEvent['type'], changes: Partial<AuditEvent> = {}): AuditEvent => ({
  id: ids.next(start),
  time: new Date(start).toISOString(),
  type,
  outcome: 'success',
  ...changes,
});
const guessAt = (sub: string) => event('request_refused', { reason: 'password_wrong', sub });

describe('what is counted together', () => {
  let aggregation: Aggregation;

  beforeEach(() => {
    aggregation = new Aggregation();
  });

  /** What is counted together in the minute, when it is over. */
  const counted = () => aggregation.take(start + minute);

  /** Whether the event stays single. */
  const isAlone = (told: AuditEvent, client: ClientAddress, changes = {}, at = start) =>
    aggregation.rest([told], { client, overLimit: false, ...changes }, at).length === 1;

  it.each([
    'login_asked',
    'consent_asked',
    'code_issued',
    'challenge_issued',
    'client_added',
    'grant_revoked',
  ] as const)(
    'given %s a hundred times from one address, when they are told, then twenty, and one for the rest, in each minute',
    (type) => {
      const alone = Array.from({ length: 100 }, () => isAlone(event(type), ipv4(1))).filter(Boolean);
      const early = aggregation.take(start + minute - 1);
      const next = isAlone(event(type), ipv4(1), {}, start + minute);

      expect([alone.length, early, next]).toEqual([20, [], true]);
      expect(counted().map(({ event: { count, ip } }) => [count, ip])).toEqual([[80, ipv4(1).ip]]);
      expect(counted()).toEqual([]);
    },
  );

  it('given one kind past its limit, when another comes from the same address, then it is told by itself', () => {
    for (let count = 0; count < 100; count += 1) isAlone(event('login_asked'), ipv4(1));

    expect(isAlone(event('request_refused', { reason: 'code_used' }), ipv4(1))).toBe(true);
    expect(isAlone(event('session_ended'), ipv4(1))).toBe(true);
  });

  it('given any number of networks of a site, when they go on, then two hundred are told, and one for all of the rest', () => {
    const alone = Array.from({ length: 60_000 }, (_, net) => isAlone(event('login_asked'), ipv6(1, net)));

    expect(alone.filter(Boolean)).toHaveLength(200);
    expect(counted().map(({ event: { count, ip } }) => [count, ip])).toEqual([[59_800, '2001:1:1::/48']]);
  });

  it('given a network that was told of, when it goes on, then the rest has the address of its first, which is truncated in time', () => {
    for (let count = 0; count < 30; count += 1) isAlone(event('login_asked'), ipv6(1, 1));

    expect(counted()).toMatchObject([{ event: { count: 10, ip: ipv6(1, 1).ip } }]);
  });

  it('given any number of sites, when they go on, then what is written in a minute is bounded, and counts all', () => {
    const all = 120_000;
    const alone = Array.from({ length: all }, (_, place) => isAlone(event('login_asked'), ipv6(place % 60_000, place)));

    const aggregates = counted();
    const told = alone.filter(Boolean).length;
    expect(told).toBe(2_000);
    expect(aggregates.length).toBeLessThanOrEqual(1_001);
    expect(aggregates.reduce((sum, { event: { count } }) => sum + count, told)).toBe(all);
  });

  it('given an address whose refusals are counted together, when a password is tried from it, then it is told whose it was', () => {
    for (let count = 0; count < 100; count += 1)
      isAlone(event('request_refused', { reason: 'invalid_token' }), ipv4(1));

    const alone = Array.from({ length: 50 }, () => isAlone(guessAt('victim'), ipv4(1))).filter(Boolean);

    expect(alone).toHaveLength(6);
    expect(counted()).toMatchObject([
      { reserved: false, event: { count: 80, reason: 'invalid_token' } },
      { reserved: true, event: { count: 44, sub: 'victim', ip: ipv4(1).ip, reason: 'password_wrong' } },
    ]);
  });

  it('given guesses at many from many networks, when one is tried from six places, then six tell whose it was and where', () => {
    for (let place = 0; place < 50_000; place += 1) isAlone(guessAt(`user ${place % 900}`), ipv6(place, place));
    for (let place = 0; place < 50_000; place += 1) isAlone(event('session_ended', { sub: 'x' }), ipv6(place, place));

    expect([1, 2, 3, 4, 5, 6].map((place) => isAlone(guessAt('victim'), ipv4(place)))).toEqual(Array(6).fill(true));
  });

  it('given more guesses than addresses are kept of, when they are counted together, then the person is kept', () => {
    for (let place = 0; place < 30_000; place += 1) isAlone(guessAt('victim'), ipv4(place));

    const aggregates = counted();
    expect(aggregates.length).toBeLessThanOrEqual(1_001);
    expect(aggregates.filter(({ event: { sub } }) => sub !== 'victim')).toEqual([]);
  });

  it('given what an operator does, when it is much, then each is told by itself, and reads are one', () => {
    const byOperator = { administration: true };
    const changes = Array.from({ length: 500 }, () => isAlone(event('grant_revoked'), ipv4(1), byOperator));
    const read = event('admin_read', { ip: ipv4(1).ip });
    const reads = Array.from({ length: 500 }, (_, place) => isAlone(read, ipv4(place)));

    expect([changes.every(Boolean), reads.some(Boolean)]).toEqual([true, false]);
    expect(counted()).toMatchObject([{ reserved: true, event: { count: 500, type: 'admin_read', ip: ipv4(1).ip } }]);
  });

  it('given reads by two operators of two routes, when they are told, then one each, from wherever they come', () => {
    for (const name of ['anna', 'ben']) {
      for (const id of ['GET /admin/clients', 'GET /admin/users']) {
        const read = event('admin_read', {
          actor: { type: 'operator', id: name, name },
          target: { kind: 'route', id },
        });
        for (let place = 0; place < 3; place += 1) isAlone(read, ipv4(place));
      }
    }

    const told = counted().map(({ event: { actor, target, count } }) => [actor?.id, target?.id, count]);
    expect(told).toEqual([
      ['anna', 'GET /admin/clients', 3],
      ['anna', 'GET /admin/users', 3],
      ['ben', 'GET /admin/clients', 3],
      ['ben', 'GET /admin/users', 3],
    ]);
  });

  it('given an operator without the right who goes on, when it is told, then twenty, and one that names actor and route', () => {
    const [actor, target] = [
      { type: 'operator', id: 'o', name: 'anna' },
      { kind: 'route', id: 'POST /admin/users' },
    ] as const;
    const refused = event('request_refused', { reason: 'role_insufficient', actor, target });

    const alone = Array.from({ length: 50 }, () => isAlone(refused, ipv4(1), { administration: true })).filter(Boolean);

    expect(alone).toHaveLength(20);
    expect(counted()).toMatchObject([{ reserved: true, event: { count: 30, actor, target } }]);
  });

  it('given a logout that ends many grants, when it is told, then to the last of them', () => {
    const ended = Array.from({ length: 50 }, (_, place) => event('grant_revoked', { grant_id: `g${place}` }));

    const rest = aggregation.rest([event('session_ended'), ...ended], { client: ipv4(1), overLimit: false }, start);

    expect(rest).toHaveLength(51);
  });

  it('given what is counted together, when its minute goes on, then it can be read, and is not taken before its end', () => {
    for (let count = 0; count < 30; count += 1) isAlone(event('login_asked'), ipv4(1));

    expect(aggregation.current()).toMatchObject([{ event: { count: 10 } }]);
    expect(aggregation.isWaiting).toBe(true);
    expect(counted()).toHaveLength(1);
    expect(aggregation.isWaiting).toBe(false);
  });

  it('given a login that one address goes on with, when it is refused after others, then each refusal keeps subject and client', () => {
    for (let count = 0; count < 5_000; count += 1) isAlone(event('request_refused', { reason: 'code_used' }), ipv4(1));
    const whom = { reason: 'refresh_token_reused', sub: 'person', client_id: 'app', grant_id: 'grant' };
    for (let count = 0; count < 500; count += 1) isAlone(event('request_refused', whom), ipv4(1), { overLimit: true });

    expect(counted().filter(({ reserved }) => reserved)).toMatchObject([
      { event: { count: 500, sub: 'person', client_id: 'app', ip: ipv4(1).ip } },
    ]);
  });
});
