import { isIPv4 } from 'node:net';

/** The network of an IP address, `203.0.113.0/24` or `2001:db8:1::/48`: enough to notice another location. */
export function networkOf(ip: string): string {
  const mapped = ip.slice(/^::ffff:/i.test(ip) ? 7 : 0);
  if (isIPv4(mapped)) return `${mapped.slice(0, mapped.lastIndexOf('.'))}.0/24`;
  const [head = '', tail] = ip.split('%', 1)[0]?.split('::') ?? [];
  const groups = [head, tail ?? ''].map((part) => part.split(':').filter((group) => group !== ''));
  const [before = [], after = []] = groups;
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  const site = [...before, ...zeros, ...after].slice(0, 3).map((group) => Number.parseInt(group, 16).toString(16));
  return `${site.join(':')}::/48`;
}
