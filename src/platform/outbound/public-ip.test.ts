import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { isOfThisMachine, isPublicIp } from './public-ip';

const byte = fc.integer({ min: 0, max: 255 });

describe('isPublicIp', () => {
  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '172.15.255.255',
    '172.32.0.1',
    '100.63.0.1',
    '100.128.0.1',
    '2606:4700::1111',
    '2A00:1450::1',
  ])('given %s, when it is asked for, then it is public', (ip) => {
    expect(isPublicIp(ip)).toBe(true);
  });

  it.each([
    ['this network', '0.0.0.0'],
    ['private use', '10.255.0.1'],
    ['private use', '172.16.0.1'],
    ['private use', '172.31.255.255'],
    ['private use', '192.168.1.1'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['carrier-grade NAT', '100.127.255.255'],
    ['loopback', '127.0.0.1'],
    ['link-local, where clouds keep their metadata', '169.254.169.254'],
    ['protocol assignments', '192.0.0.192'],
    ['documentation', '192.0.2.1'],
    ['6to4 relays', '192.88.99.1'],
    ['benchmarks', '198.19.0.1'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['loopback at length', '0:0:0:0:0:0:0:1'],
    ['IPv4-compatible', '::10.0.0.1'],
    ['IPv4-mapped', '::ffff:10.0.0.1'],
    ['IPv4-mapped, of a public one', '::ffff:8.8.8.8'],
    ['IPv4-mapped in hexadecimal', '::ffff:7f00:1'],
    ['NAT64', '64:ff9b::a00:1'],
    ['NAT64 of a local prefix', '64:ff9b:1::a00:1'],
    ['discard', '100::1'],
    ['Teredo', '2001:0:4136:e378::1'],
    ['ORCHID', '2001:20::1'],
    ['documentation', '2001:db8::1'],
    ['6to4', '2002:7f00:1::1'],
    ['documentation', '3fff::1'],
    ['segment routing', '5f00::1'],
    ['unique local', 'fc00::1'],
    ['unique local', 'fd12:3456::1'],
    ['link-local', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%eth0'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['a name', 'localhost'],
    ['a number', '2130706433'],
    ['nothing', ''],
  ])('given an IP address of %s, when %s is asked for, then it is not public', (_range, ip) => {
    expect(isPublicIp(ip)).toBe(false);
  });

  it('given any IPv4 address, when it is mapped, translated or tunnelled into IPv6, then it is not public', () => {
    fc.assert(
      fc.property(byte, byte, byte, byte, (...bytes) => {
        const ipv4 = bytes.join('.');
        const [high, low] = [0, 2].map((at) => ((bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0)).toString(16));

        expect([`::ffff:${ipv4}`, `::${ipv4}`, `64:ff9b::${ipv4}`, `2002:${high}:${low}::1`].some(isPublicIp)).toBe(
          false,
        );
      }),
    );
  });

  it('given any text, when it is asked for, then nothing is thrown, and what is of this machine is not public', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV4Extended(), fc.ipV6()), (text) => {
        expect(isPublicIp(text) && isOfThisMachine(text)).toBe(false);
      }),
    );
  });
});
