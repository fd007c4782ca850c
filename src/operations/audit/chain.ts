import { hash as digestOf } from 'node:crypto';
import { randomText } from '../../domain/credentials/random';
import { networkOf } from '../../platform/http/network';
import type { AuditEvent } from './audit-event';
import { checkLength, hashLength, type Link, linkText } from './link';

/** Random bytes: 16 characters. */
const saltBytes = 12;
const saltLength = 16;
/** Stands for the event before the first. */
const beginning = 'A'.repeat(hashLength);

/** A part of the trail with its own size; each writer has a chain in it. */
export type SpaceName = 'audit' | 'audit_security';

/** Where a chain ends: its name, which is the `seq` of its first event; and `seq` and hash of its last. */
export interface Head {
  readonly space: SpaceName;
  readonly chain: number;
  readonly seq: number;
  readonly hash: string;
}

/** An event in its chain. */
export interface Linked {
  /** See {@link Link}. */
  readonly link: string;
  /** The end of the chain with it. */
  readonly head: Head;
}

/** Chains the events of one writer. */
export class Chain {
  private end: Head | undefined;

  constructor(private readonly space: SpaceName) {}

  /** Undefined before the first event. */
  get head(): Head | undefined {
    return this.end;
  }

  /** Links events whose numbers begin at `from`; `lasting`: their {@link lastingText}, where it is known. */
  link<Item extends { readonly event: AuditEvent; readonly lasting?: string }>(
    items: readonly Item[],
    from: number,
  ): (Item & Linked)[] {
    const known = new Salts();
    const { space } = this;
    let { chain, seq: after, hash: before } = this.end ?? { chain: from, seq: 0, hash: beginning };
    return items.map((item, place) => {
      const { person, address } = known.of(item.event);
      const seq = from + place;
      const lasting = item.lasting ?? lastingText(item.event);
      const hash = chainHash(lasting, seq, { chain, after, hash: before }, person.hash, address.hash);
      const check = hash.slice(0, checkLength);
      const link = linkText({ chain, after, hash: before, check, person: person.salt, address: address.salt });
      [after, before] = [seq, hash];
      return Object.assign({ link, head: { space, chain, seq, hash } }, item);
    });
  }

  /** The events up to this head are stored. */
  goOn(head: Head | undefined): void {
    this.end = head ?? this.end;
  }

  /** For a failed write: nobody knows which of its events are stored, so another chain begins behind it. */
  breakOff(): void {
    this.end = undefined;
  }
}

/**
 * The hash of a stored event, from which the next one of its chain goes on. Undefined when it is not what was chained: its
 * personal fields may go, and its IP address may become its network, but nothing changes.
 */
export function hashOf(event: AuditEvent, seq: number, link: Link): string | undefined {
  const [person, address] = personalHashes(event, link);
  if (person === undefined || address === undefined) return undefined;
  const own = chainHash(lastingText(event), seq, link, person, address);
  return own.startsWith(link.check) ? own : undefined;
}

/** The event without its subject, IP address and user agent, which its chain knows by their hashes from now on. */
export function erased<Event extends AuditEvent>(event: Event, link: Link): { event: Event; link: Link } {
  const { sub: _sub, ip: _ip, user_agent: _userAgent, ...rest } = event;
  const [person = link.person, address = link.address] = personalHashes(event, link);
  return { event: rest as Event, link: { ...link, person, address } };
}

/** The event with the network of its IP address instead. */
export function truncated<Event extends AuditEvent>(event: Event, link: Link): { event: Event; link: Link } {
  if (event.ip === undefined || !isHost(event.ip)) return { event, link };
  const [, address = link.address] = personalHashes(event, link);
  return { event: { ...event, ip: networkOf(event.ip) }, link: { ...link, address } };
}

/** Equal values of a batch share their salts: nobody else's, who may stay when they are erased. */
class Salts {
  private readonly known = new Map<string, ReturnType<typeof salted>>();

  of(event: AuditEvent): ReturnType<typeof salted> {
    const key = `${event.sub}\n${event.ip}\n${event.user_agent}`;
    const known = this.known.get(key) ?? salted(event);
    this.known.set(key, known);
    return known;
  }
}

function salted(event: AuditEvent) {
  return { person: saltedHash(personText(event)), address: saltedHash(hostOf(event)) };
}

function saltedHash(value: string | undefined) {
  if (value === undefined) return { salt: '', hash: '' };
  const salt = randomText(saltBytes, 'base64url');
  return { salt, hash: digest(salt + value) };
}

function personalHashes(event: AuditEvent, { person, address }: Link) {
  return [hashBy(person, personText(event)), hashBy(address, hostOf(event))] as const;
}

/** By the salt of the value or, for one that has gone, its salted hash. */
function hashBy(part: string, value: string | undefined): string | undefined {
  if (part.length === saltLength) return value === undefined ? undefined : digest(part + value);
  return value === undefined ? part : undefined;
}

/** All that an erasure removes, apart from the host. */
function personText({ sub, ip, user_agent }: AuditEvent): string | undefined {
  if (sub === undefined && ip === undefined && user_agent === undefined) return undefined;
  return JSON.stringify([sub ?? null, user_agent ?? null, ip === undefined ? null : isHost(ip) ? networkOf(ip) : ip]);
}

function hostOf({ ip }: AuditEvent): string | undefined {
  return ip !== undefined && isHost(ip) ? ip : undefined;
}

function isHost(ip: string): boolean {
  return !ip.includes('/');
}

/**
 * The event as JSON without what may go, which enters the chain by its hash, and without the time, which its id has. The
 * databases keep the order of the others.
 */
export function lastingText({
  sub: _sub,
  ip: _ip,
  user_agent: _userAgent,
  time: _time,
  ...fields
}: AuditEvent): string {
  return JSON.stringify(fields);
}

function chainHash(
  lasting: string,
  seq: number,
  { chain, after, hash: before }: Pick<Link, 'chain' | 'after' | 'hash'>,
  person: string,
  address: string,
): string {
  return digest(`${before} ${chain} ${after} ${seq} ${person} ${address} ${lasting}`);
}

function digest(text: string): string {
  return digestOf('sha256', text, 'base64url').slice(0, hashLength);
}
