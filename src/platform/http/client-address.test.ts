import { describe, expect, it, test } from '@jest/globals';
import * as fc from 'fast-check';
import { clientAddress, ipIn, trustedProxies } from './client-address';

const proxy = '10.0.0.1';
const isTrusted = trustedProxies(['10.0.0.0/8', 'fd00::/8', '2001:db8:ffff::1']);
const behind = (forwardedFor: string | readonly string[]) => clientAddress(proxy, forwardedFor, isTrusted);

/** Spellings of one IPv6 address. Source: RFC 4291 §2.2. */
function spellings(groups: readonly number[]): string[] {
  const short = groups.map((group) => group.toString(16));
  const long = short.map((group) => group.padStart(4, '0'));
  const [high = 0, low = 0] = groups.slice(6);
  const tail = [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
  const zerosAt = groups.findIndex((group, at) => group === 0 && groups[at + 1] === 0);
  const shortened =
    zerosAt === -1 ? [] : [`${short.slice(0, zerosAt).join(':')}::${short.slice(zerosAt + 2).join(':')}`];
  return [
    short.join(':'),
    long.join(':'),
    long.join(':').toUpperCase(),
    `${short.slice(0, 6).join(':')}:${tail}`,
    ...shortened,
  ];
}

/** An address with port, brackets and quotes that do not change it. */
function dressings(ip: string, port: number): string[] {
  const isSix = ip.includes(':');
  const bare = [ip, ` ${ip} `, `"${ip}"`];
  if (!isSix) return [...bare, `${ip}:${port}`, `"${ip}:${port}"`];
  return [...bare, `[${ip}]`, `[${ip}]:${port}`, `"[${ip}]:${port}"`, `${ip}%eth0`, `[${ip}%25eth0]:${port}`];
}

const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
const eightGroups = fc.array(group, { minLength: 8, maxLength: 8 });
const port = fc.integer({ min: 1, max: 65_535 });

describe('the canonical address of a client', () => {
  test.each([
    ['192.0.2.1', { ip: '192.0.2.1', host: '192.0.2.1' }],
    ['::ffff:192.0.2.1', { ip: '192.0.2.1', host: '192.0.2.1' }],
    ['::FFFF:C000:0201', { ip: '192.0.2.1', host: '192.0.2.1' }],
    ['2001:db8:1:2:3:4:5:6', { ip: '2001:db8:1:2:3:4:5:6', host: '2001:db8:1:2::/64', site: '2001:db8:1::/48' }],
    ['2001:DB8::1', { ip: '2001:db8::1', host: '2001:db8:0:0::/64', site: '2001:db8:0::/48' }],
    ['::1', { ip: '::1', host: '0:0:0:0::/64', site: '0:0:0::/48' }],
  ])('given the peer %s, then it is %j', (peer, expected) => {
    expect(clientAddress(peer, undefined, isTrusted)).toEqual(expected);
  });

  it('given any IPv6 address, however it is spelled and dressed, then it is one client, its /64 and its /48', () => {
    fc.assert(
      fc.property(eightGroups, port, (groups, at) => {
        const clients = spellings(groups).flatMap((ip) => dressings(ip, at).map(behind));
        expect(new Set(clients.map(({ host }) => host)).size).toBe(1);
        expect(new Set(clients.map(({ site }) => site)).size).toBe(1);
      }),
    );
  });

  it('given any IPv4 address, mapped or not, however it is dressed, then it is itself', () => {
    fc.assert(
      fc.property(fc.ipV4(), port, (ip, at) => {
        const [a = 0, b = 0, c = 0, d = 0] = ip.split('.').map(Number);
        const mapped = spellings([0, 0, 0, 0, 0, 0xffff, a * 256 + b, c * 256 + d]);
        const clients = [ip, ...mapped].flatMap((spelled) => dressings(spelled, at).map(behind));
        for (const client of clients) expect(client).toEqual({ ip, host: ip });
      }),
    );
  });

  it('given two IPv6 addresses, then they are one client exactly when their first 64 bits are equal', () => {
    fc.assert(
      fc.property(eightGroups, eightGroups, fc.integer({ min: 0, max: 8 }), (one, other, shared) => {
        const second = [...one.slice(0, shared), ...other.slice(shared)];
        fc.pre(![one, second].some((groups) => groups.slice(0, 6).join() === '0,0,0,0,0,65535'));
        const [a, b] = [one, second].map((groups) => behind(groups.map((each) => each.toString(16)).join(':')));
        expect(a?.host === b?.host).toBe(one.slice(0, 4).join() === second.slice(0, 4).join());
        expect(a?.site === b?.site).toBe(one.slice(0, 3).join() === second.slice(0, 3).join());
      }),
    );
  });
});

describe('the client behind proxies', () => {
  test.each([
    ['nobody trusted', '192.0.2.9', '198.51.100.1', '192.0.2.9'],
    ['one proxy', proxy, '198.51.100.1', '198.51.100.1'],
    ['what the client wrote before its own address', proxy, '203.0.113.5, 198.51.100.1', '198.51.100.1'],
    ['a chain of proxies', proxy, '203.0.113.5, 198.51.100.1, 10.9.9.9, fd00::2', '198.51.100.1'],
    ['a proxy that is mapped, with a port', '::ffff:10.0.0.1', '198.51.100.1, 10.1.1.1:80', '198.51.100.1'],
    ['a proxy by its one address', '2001:db8:ffff:0::1', '198.51.100.1', '198.51.100.1'],
    ['its neighbour, which is none', '2001:db8:ffff::2', '198.51.100.1', '2001:db8:ffff::2'],
    ['proxies alone', proxy, '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['no header', proxy, undefined, proxy],
  ])('given %s, then it is the first that is not trusted', (_case, peer, forwardedFor, expected) => {
    expect(clientAddress(peer, forwardedFor, isTrusted).ip).toBe(expected);
  });

  test.each([
    '',
    ',',
    'unknown',
    '_hidden',
    '999.1.1.1',
    '192.0.2.1.5',
    '192.000.002.001',
    '0300.0.2.1',
    '3221225985',
    '2001:db8::1::2',
    '[192.0.2.1]:80',
    '192.0.2.1:80:80',
    '192.0.2.1, ',
    'javascript:1',
    '"',
    '[',
    '%',
    '\0',
    'x'.repeat(16_000),
  ])('given %j from a trusted proxy, then the proxy counts as the client', (forwardedFor) => {
    expect(behind(forwardedFor)).toEqual({ ip: proxy, host: proxy });
  });

  it('given garbage of a proxy behind another one, then that proxy counts as the client', () => {
    expect(behind('198.51.100.1, garbage, 10.0.0.7').ip).toBe('10.0.0.7');
  });

  it('given several headers, then they are read as one list', () => {
    expect(behind(['203.0.113.5', '198.51.100.1, 10.0.0.7']).ip).toBe('198.51.100.1');
  });

  it('given any text at all, then the client is an address', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(ipIn(behind(text).ip)).toBe(behind(text).ip);
      }),
    );
  });

  it('given a connection that is gone, then there is a client still', () => {
    expect(clientAddress(undefined, '198.51.100.1', isTrusted).host).toBe('0:0:0:0::/64');
  });
});
