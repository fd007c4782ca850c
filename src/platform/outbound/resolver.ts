import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';

/** The IP addresses of a host name, possibly none. Rejects, or resolves to none, once the signal is aborted. */
export type ResolveName = (hostname: string, signal: AbortSignal) => Promise<readonly string[]>;

/**
 * Asks this machine's name servers. Not by getaddrinfo, which blocks one of the few pool threads for as long as an untrusted
 * name server takes. This machine's names are in no zone.
 */
export const resolveName: ResolveName = async (hostname, signal) => {
  const literal = hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(literal) !== 0) return [literal];
  // Source: RFC 6761 §6.3.
  if (hostname === 'localhost') return ['127.0.0.1', '::1'];
  const resolver = new Resolver({ timeout: 1_000, tries: 2 });
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const found = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    return found.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
  } finally {
    signal.removeEventListener('abort', cancel);
  }
};
