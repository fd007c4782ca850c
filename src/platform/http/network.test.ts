import { describe, expect, it } from '@jest/globals';
import { networkOf } from './network';

describe('the network of an IP address', () => {
  it.each([
    ['203.0.113.77', '203.0.113.0/24'],
    ['::ffff:203.0.113.77', '203.0.113.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
    ['2001:0DB8:0001::1', '2001:db8:1::/48'],
    ['2001:db8::1', '2001:db8:0::/48'],
    ['::1', '0:0:0::/48'],
    ['fe80::1%eth0', 'fe80:0:0::/48'],
  ])('given %s, when its range is asked for, then it is %s', (ip, network) => {
    expect(networkOf(ip)).toBe(network);
  });
});
