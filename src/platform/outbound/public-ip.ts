import { BlockList, isIP } from 'node:net';

/**
 * IPv4 ranges that lead to no host of the public Internet, or to several. Source: RFC 6890 §2.2.2, RFC 6598 (carrier-grade
 * NAT), RFC 5771 (multicast), RFC 7526 (6to4 relays).
 */
const special4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
];

/**
 * Ranges of IPv6 global unicast that lead elsewhere: Teredo and other protocols, documentation, 6to4, AS112, segment routing.
 * Source: RFC 6890 §2.2.3, RFC 4380, RFC 3056, RFC 9637.
 */
const special6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'];

/** All that is assigned to hosts. NAT64, IPv4-mapped, unique local, link-local and multicast are outside. Source: RFC 4291 §2.4. */
const globalUnicast = listOf('ipv6', ['2000::/3']);
const refused4 = listOf('ipv4', special4);
const refused6 = listOf('ipv6', special6);

/** True for the IP address of a host on the public Internet, in any spelling; false for any other text. */
export function isPublicIp(ip: string): boolean {
  switch (isIP(ip)) {
    case 4:
      return !refused4.check(ip, 'ipv4');
    case 6:
      return globalUnicast.check(ip, 'ipv6') && !refused6.check(ip, 'ipv6');
    default:
      return false;
  }
}

/** True for a loopback IP address, as `URL.hostname` and the resolver spell it. Source: RFC 1122 §3.2.1.3, RFC 4291 §2.5.3. */
export function isOfThisMachine(ip: string): boolean {
  return ip === '::1' || (isIP(ip) === 4 && ip.startsWith('127.'));
}

function listOf(family: 'ipv4' | 'ipv6', ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', bits] = range.split('/');
    list.addSubnet(network, Number(bits), family);
  }
  return list;
}
