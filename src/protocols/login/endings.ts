import { Injectable } from '@nestjs/common';
import type { ChallengeHolder } from '../../domain/challenges/challenge-end';
import { ChallengeStore } from '../../domain/challenges/challenge-store';
import type { Grant } from '../../domain/challenges/grant';
import { type GrantQuery, GrantStore } from '../../domain/challenges/grant-store';
import { clientRememberedMs } from '../../domain/clients/client-store';
import { Clock } from '../../platform/clock';
import { newId } from '../../domain/credentials/secret';
import type { EndingReason } from '../../domain/events/event';
import type { Events } from '../../domain/events/events';
import { decodePlace, encodePlace, type Page, type PageRequest } from '../../platform/storage/page';
import { ConsentStore } from './consent-store';
import { LogoutNotices } from './logout-notices';
import type { Session } from '../../domain/challenges/session';
import { SessionStore } from './session-store';

/** Which sessions are meant: those that agree with every given field. */
export interface SessionQuery {
  readonly sub?: string;
  /** One that the session has a live grant at. */
  readonly clientId?: string;
}

/** What is ended for which reason, and who is told. */
export interface Ending {
  readonly reason: EndingReason;
  readonly events: Events;
}

const pageSize = 100;
/** A removed client may be remembered for so long by another process, with the requests that it serves then; milliseconds. */
const removedClientKnownMs = clientRememberedMs + 10_000;

/**
 * Ends what a login gave: sessions, with the codes that were issued in them, and grants, with all their tokens and with the
 * challenges that are about to become others. Once a method resolves, what it ended is worth nothing in any process. All may
 * be repeated, and what fails half-way is completed so.
 */
@Injectable()
export class Endings {
  constructor(
    private readonly clock: Clock,
    private readonly challenges: ChallengeStore,
    private readonly sessions: SessionStore,
    private readonly grants: GrantStore,
    private readonly consents: ConsentStore,
    private readonly notices: LogoutNotices,
  ) {}

  /** The sessions that live, page by page. Throws: PlaceUnknownError. */
  async listSessions({ sub, clientId }: SessionQuery, page: PageRequest): Promise<Page<Session>> {
    const now = this.clock.now();
    if (clientId === undefined) return this.sessions.list(sub, page, now);
    const [after = ''] = page.after === undefined ? [] : decodePlace(page.after, 1);
    const ids = await this.grants.sessionIdsOf(clientId, page.limit, after);
    const found = await Promise.all(ids.map((id) => this.sessions.find(id, now)));
    const items = found.filter((each) => each !== undefined).filter((each) => sub === undefined || isOf(each, sub));
    const last = ids.length < page.limit ? undefined : ids.at(-1);
    return { items, ...(last !== undefined && { next: encodePlace(last) }) };
  }

  /** The grants that live, page by page. Throws: PlaceUnknownError. */
  async listGrants(query: GrantQuery, page: PageRequest): Promise<Page<Grant>> {
    return this.grants.list(query, page, this.clock.now());
  }

  /** Ends the session and its grants but those with `offline_access`, which outlive it unless `wholly`. */
  async endSession(session: Session, ending: Ending, wholly = false): Promise<void> {
    const { id: sid, authentication, replaced = [] } = session;
    const { sub } = authentication;
    // The session first: from then on no code of it becomes a grant, and what has become one is there to be found.
    const hasEnded = await this.sessions.end(sid, this.clock.now());
    // As it is now: a code may have been issued since the session was read. Told whatever fails below.
    const { clients = [] } = hasEnded ? ((await this.sessions.findKnown(sid)) ?? session) : {};
    for (const client of clients) this.notices.tell({ sub, ...client });
    const clientIds = new Set(clients.map(({ clientId }) => clientId));
    for (const sessionId of [sid, ...replaced]) {
      const ends = (grant: Grant) => !outlivesSession(grant) || (wholly && sessionId === sid);
      for await (const grants of this.pagesOf({ sub, sessionId })) {
        for (const { clientId } of grants) clientIds.add(clientId);
        await this.end(grants.filter(ends), ending);
      }
    }
    const { reason, events } = ending;

    if (hasEnded) events.emit({ type: 'session_ended', reason, sub, sid, clientIds: [...clientIds] });
  }

  /** As {@link endSession}, for all that are meant; returns how many those were. */
  async endSessions(query: SessionQuery, ending: Ending): Promise<number> {
    let count = 0;
    for (let after: string | undefined; ;) {
      const { items, next } = await this.listSessions(query, {
        limit: pageSize,
        ...(after !== undefined && { after }),
      });
      for (const session of items) await this.endSession(session, ending);
      count += items.length;
      if (next === undefined) return count;
      after = next;
    }
  }

  /** Ends all grants that are meant, with the codes and challenges of these holders, and returns how many grants those were. */
  async endGrants(holder: ChallengeHolder, ending: Ending): Promise<number> {
    const { sub, clientId } = holder;
    // First, and in the sessions themselves: which of a code and this came first no clock could tell, as hosts' clocks differ.
    if (sub !== undefined && clientId !== undefined) await this.sessions.endAccess(sub, { clientId, id: newId() });
    await this.challenges.end(holder, this.clock.now());
    return this.endBegun(holder, ending);
  }

  /**
   * Ends everything of a subject, who may have been disabled, deleted or given another password: call it after that has
   * been written, so that whoever logs in at the same time is either refused or found here.
   */
  async endSubject(sub: string, ending: Ending): Promise<void> {
    // The challenges first: what they became, a session or a grant, is then there to be found.
    await this.challenges.end({ sub }, this.clock.now());
    await this.endSessions({ sub }, ending);
    await this.endBegun({ sub }, ending);
  }

  /** As {@link endSubject}, and takes every client's access with it. */
  async endAccount(sub: string, ending: Ending): Promise<void> {
    await this.consents.removeAll({ sub });
    await this.endSubject(sub, ending);
  }

  /**
   * Ends everything at a client that has been removed: call it after that has been written. Processes that still take it for
   * a client begin nothing of it either.
   */
  async endClient(clientId: string, ending: Ending): Promise<void> {
    await this.challenges.end({ clientId }, this.clock.now() + removedClientKnownMs);
    await this.endFormerClient(clientId, ending);
  }

  /** Ends what a client has left whose id another one has taken. */
  async endFormerClient(clientId: string, ending: Ending): Promise<void> {
    await this.consents.removeAll({ clientId });
    await this.endBegun({ clientId }, ending);
  }

  /** Takes a client's access to what is the subject's, if it has any: its grants and challenges, and the consent to begin others. */
  async endAccess(sub: string, clientId: string, ending: Ending): Promise<void> {
    const grants = await this.listGrants({ sub, clientId }, { limit: 1 });
    // Or whatever was sent as a client would be remembered.
    if (grants.items.length === 0 && (await this.consents.find(sub, clientId, this.clock.now())) === undefined) return;
    await this.consents.removeAll({ sub, clientId });
    await this.endGrants({ sub, clientId }, ending);
  }

  private async endBegun(query: GrantQuery, ending: Ending): Promise<number> {
    let count = 0;
    for await (const grants of this.pagesOf(query)) count += await this.end(grants, ending);
    return count;
  }

  private async *pagesOf(query: GrantQuery): AsyncGenerator<readonly Grant[]> {
    for (let after: string | undefined; ;) {
      const { items, next } = await this.listGrants(query, { limit: pageSize, ...(after !== undefined && { after }) });
      yield items;
      if (next === undefined) return;
      after = next;
    }
  }

  private async end(grants: readonly Grant[], { reason, events }: Ending): Promise<number> {
    if (grants.length === 0) return 0;
    const ids = grants.map(({ id }) => id);
    const ended = new Set(await this.grants.revokeAll(ids, this.clock.now()));
    for (const { id: grantId, clientId, authentication } of grants) {
      if (ended.has(grantId))
        events.emit({ type: 'grant_revoked', reason, clientId, sub: authentication.sub, grantId });
    }
    return ended.size;
  }
}

function isOf({ authentication }: Session, sub: string): boolean {
  return authentication.sub === sub;
}

/** A client that registered itself may refresh without it, for as long as the session lives. Source: OpenID Connect Core §11. */
function outlivesSession({ scope, refresh }: Grant): boolean {
  return refresh !== undefined && scope.includes('offline_access');
}
