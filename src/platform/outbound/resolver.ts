import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';

/** The IP addresses of a host name, none when it has none. Rejects, or ends with nothing, once the signal is aborted. */
export type ResolveName = (hostname: string, signal: AbortSignal) => Promise<readonly string[]>;

/**
 * Asks the name servers of this machine. Not by getaddrinfo, which holds one of the few threads of the pool for as long as
 * a name server takes, and somebody else's name server may take its time. Names of this machine stand in no zone.
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
