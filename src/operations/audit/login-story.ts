import { Injectable } from '@nestjs/common';
import type { ServiceEventType } from '../../domain/events/event';
import type { AuditQuery } from './audit-query';
import { type ShownEvent, shownEvent } from './audit-reader';
import { AuditStore, type StoredEvent } from './audit-store';
import { AuditTrail } from './audit-trail';
import { timeOf } from './event-id';

const hour = 3_600_000;
/** Most events that are looked through for one story. */
const readAtMost = 20_000;
const aboutCodes: ReadonlySet<ServiceEventType> = new Set(['code_issued', 'code_redeemed']);

/** What one login was, from its challenge to the end of its grant. */
export interface LoginStory {
  /** The oldest first. */
  readonly events: readonly ShownEvent[];
  /** False: there are more events of the subject or client than are looked through. */
  readonly isWhole: boolean;
}

/** Puts together the events of a login, by the challenge, the grant and the subject that they share. */
@Injectable()
export class LoginStories {
  constructor(
    private readonly trail: AuditTrail,
    private readonly store: AuditStore,
  ) {}

  /** The login that the event with this id is of; undefined when there is no such event. Throws: StoreUnavailableError. */
  async of(id: string): Promise<LoginStory | undefined> {
    await this.trail.flush();
    const time = timeOf(id);
    const told = (await this.read({ since: time, until: time + 1 })).find((event) => event.id === id);
    if (told === undefined) return undefined;
    const around = told.sub === undefined ? await this.readAround(told, time) : [];
    const seed = around.find((event) => event.sub !== undefined && isSame(event, told)) ?? told;
    const ofSubject = seed.sub === undefined ? around : await this.read({ sub: seed.sub });
    const login = linkedTo(seed, ofSubject);
    const all = [...login, ...sessionOf(login, ofSubject), ...(await this.issuesOf(login)), told];
    const distinct = new Map(all.map((event) => [event.id, event]));
    const events = [...distinct.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
    return {
      events: events.map(shownEvent),
      isWhole: ofSubject.length < readAtMost,
    };
  }

  private async readAround({ client_id: clientId }: StoredEvent, time: number): Promise<StoredEvent[]> {
    return clientId === undefined ? [] : this.read({ clientId, since: time - hour, until: time + hour });
  }

  /** A wallet's challenge is issued before anybody knows whose it is. */
  private async issuesOf(login: readonly StoredEvent[]): Promise<StoredEvent[]> {
    const redeemed = login.find(({ type }) => type === 'challenge_redeemed');
    if (redeemed?.client_id === undefined) return [];
    const until = timeOf(redeemed.id) + 1;
    const query = { type: 'challenge_issued', clientId: redeemed.client_id, since: until - hour, until } as const;
    return (await this.read(query)).filter((event) => isSame(event, redeemed));
  }

  private async read(query: AuditQuery): Promise<StoredEvent[]> {
    const events: StoredEvent[] = [];
    for await (const batch of this.store.newest(query)) {
      events.push(...batch);
      if (events.length >= readAtMost) break;
    }
    return events;
  }
}

/** What the events of one login have in common. */
function keysOf({ challenge, grant_id: grantId }: StoredEvent): string[] {
  return [challenge ?? [], grantId ?? []].flat();
}

function isSame(one: StoredEvent, other: StoredEvent): boolean {
  const keys = keysOf(other);
  return keysOf(one).some((key) => keys.includes(key));
}

/** The events that share a challenge or a grant with this one, or with one that does. */
function linkedTo(seed: StoredEvent, events: readonly StoredEvent[]): StoredEvent[] {
  const keys = new Set(keysOf(seed));
  const isLinked = (event: StoredEvent) => keysOf(event).some((key) => keys.has(key));
  for (let before = -1; before !== keys.size;) {
    before = keys.size;
    for (const key of events.filter(isLinked).flatMap(keysOf)) keys.add(key);
  }
  return [seed, ...events.filter(isLinked)];
}

/** Of a login by code, the session that it came from, the consent, and the end of that session. */
function sessionOf(login: readonly StoredEvent[], events: readonly StoredEvent[]): StoredEvent[] {
  const first = login.toSorted((a, b) => (a.id < b.id ? -1 : 1)).find(({ type }) => aboutCodes.has(type));
  if (first === undefined) return [];
  const begun = events.find(({ type, id }) => type === 'session_begun' && id < first.id);
  const ended = events.findLast(({ type, id }) => type === 'session_ended' && id > first.id);
  const consents = events.filter(
    ({ type, id, client_id: clientId }) =>
      type.startsWith('consent_') &&
      clientId === first.client_id &&
      id < first.id &&
      (begun === undefined || id > begun.id),
  );
  return [...consents, ...[begun ?? [], ended ?? []].flat()];
}
