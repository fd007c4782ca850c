import { BlockList, isIP, isIPv6 } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** The sender of a request in canonical form: one client has one spelling. */
export interface ClientAddress {
  /** The IP address without port, brackets and zone; an IPv4-mapped IPv6 address as IPv4. */
  readonly ip: string;
  /** What counts as one client: an IPv4 address, or the /64 of an IPv6 address. Source: RFC 6177 §2. */
  readonly host: string;
  /** The /48 of an IPv6 address: one site may have 65,536 networks of /64. Source: RFC 6177 §2. */
  readonly site?: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The client behind the trusted proxies. */
    readonly client: ClientAddress;
    [found]: ClientAddress | null;
  }
}

const found = Symbol('client address');

/** Whether an IP address, in the form of {@link ipIn}, is a trusted proxy's. */
export type IsTrusted = (ip: string) => boolean;

/** `ranges`: IP addresses and CIDR ranges. */
export function trustedProxies(ranges: readonly string[]): IsTrusted {
  if (ranges.length === 0) return () => false;
  const trusted = new BlockList();
  for (const range of ranges) {
    const [ip = '', bits] = range.split('/');
    const family = isIPv6(ip) ? 'ipv6' : 'ipv4';
    if (bits === undefined) trusted.addAddress(ip, family);
    else trusted.addSubnet(ip, Number(bits), family);
  }
  return (ip) => trusted.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4');
}

/** Gives each request its client, computed on first use. */
export function nameClients(instance: FastifyInstance, ranges: readonly string[]): void {
  const isTrusted = trustedProxies(ranges);
  instance.decorateRequest(found, null);
  instance.decorateRequest('client', {
    getter(this: FastifyRequest) {
      this[found] ??= clientAddress(this.raw.socket.remoteAddress, this.headers['x-forwarded-for'], isTrusted);
      return this[found];
    },
  });
}

/**
 * The client behind the trusted proxies: from the peer backwards through `X-Forwarded-For`, the first untrusted address. A
 * trusted proxy that names no IP address counts as the client itself. Source: docs/http-api.md, section Limits.
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | readonly string[] | undefined,
  isTrusted: IsTrusted,
): ClientAddress {
  let ip = ipIn(peer ?? '') ?? unknownPeer;
  if (forwardedFor !== undefined && isTrusted(ip)) {
    const named = [forwardedFor].flat().join().split(',').toReversed();
    for (const text of named) {
      const next = ipIn(text);
      if (next === undefined) break;
      ip = next;
      if (!isTrusted(ip)) break;
    }
  }
  return canonical(ip);
}

/** For a connection that is closed already. */
const unknownPeer = '::';

/** An address with a port, with or without brackets, as proxies write it. Source: RFC 7239 §6. */
const withPort = /^"?(?:\[([^\]]*)\](?::\d*)?|([^:]*):\d*|(.*?))"?$/;

/** The IP address in a text: IPv4-mapped IPv6 as IPv4, IPv6 in lower case without a zone; undefined without one. */
export function ipIn(text: string): string | undefined {
  const [, bracketed, beforePort, alone] = withPort.exec(text.trim()) ?? [];
  const [ip = ''] = (bracketed ?? beforePort ?? alone ?? '').split('%', 1);
  if (isIP(ip) === 4) return bracketed === undefined ? ip : undefined;
  if (isIP(ip) !== 6) return undefined;
  const groups = groupsOf(ip);
  return isMapped(groups) ? dotted(groups) : ip.toLowerCase();
}

/** What counts as one client, for an IP address or a network. */
export function hostOf(ip: string): string {
  return isIP(ip) === 0 ? ip : canonical(ip).host;
}

function canonical(ip: string): ClientAddress {
  if (isIP(ip) === 4) return { ip, host: ip };
  const prefix = groupsOf(ip).map((group) => group.toString(16));
  return { ip, host: `${prefix.slice(0, 4).join(':')}::/64`, site: `${prefix.slice(0, 3).join(':')}::/48` };
}

/** The eight groups of an IPv6 address. Source: RFC 4291 §2.2. */
function groupsOf(ip: string): number[] {
  const [, start = ip, a = '', b = '', c = '', d = ''] = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(ip) ?? [];
  const text = a === '' ? ip : `${start}${hexOf(a, b)}:${hexOf(c, d)}`;
  const [before = '', after] = text.split('::');
  const [left, right] = [before, after ?? ''].map((side) => (side === '' ? [] : side.split(':')));
  const given = [...(left ?? []), ...(right ?? [])].length;
  const zeros = after === undefined ? [] : Array<string>(8 - given).fill('0');
  return [...(left ?? []), ...zeros, ...(right ?? [])].map((group) => Number.parseInt(group, 16));
}

function hexOf(high: string, low: string): string {
  return (Number(high) * 256 + Number(low)).toString(16);
}

/** Source: RFC 4291 §2.5.5.2. */
function isMapped(groups: readonly number[]): boolean {
  return groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
}

function dotted(groups: readonly number[]): string {
  const [high = 0, low = 0] = groups.slice(6);
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}
