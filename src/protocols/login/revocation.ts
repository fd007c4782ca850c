import { Injectable } from '@nestjs/common';
import type { ChallengeOwner } from '../../domain/challenges/not-before';
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

/** Selects the sessions that equal every given field. */
export interface SessionQuery {
  readonly sub?: string;
  /** A client at which the session has a live grant. */
  readonly clientId?: string;
}

/** The reason for an end, and where it is reported. */
export interface RevocationContext {
  readonly reason: EndingReason;
  readonly events: Events;
}

const pageSize = 100;
/** Milliseconds for which another process may still use a removed client, including its requests under way. */
const removedClientKnownMs = clientRememberedMs + 10_000;

/**
 * Ends what a login gave: sessions with their codes, and grants with all their tokens and pending challenges. Once a method
 * resolves, what it ended is invalid in every process. Every method may be repeated, which completes one that failed half-way.
 * What an operator ends is announced first; of concurrent ends of one record each may then have its event.
 */
@Injectable()
export class Revocation {
  constructor(
    private readonly clock: Clock,
    private readonly challenges: ChallengeStore,
    private readonly sessions: SessionStore,
    private readonly grants: GrantStore,
    private readonly consents: ConsentStore,
    private readonly notices: LogoutNotices,
  ) {}

  /** The live sessions, page by page. Throws: PlaceUnknownError. */
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

  /** The live grants, page by page. Throws: PlaceUnknownError. */
  async listGrants(query: GrantQuery, page: PageRequest): Promise<Page<Grant>> {
    return this.grants.list(query, page, this.clock.now());
  }

  /** Ends the session and its grants; those with `offline_access` outlive it unless `wholly`. */
  async endSession(session: Session, context: RevocationContext, wholly = false): Promise<void> {
    const { id: sid, authentication, replaced = [] } = session;
    const { sub } = authentication;
    const { reason, events } = context;
    const ended = (notified: Iterable<string>) =>
      ({ type: 'session_ended', reason, sub, sid, clientIds: [...notified] }) as const;
    if (events.isAdministration) await events.announce(ended((session.clients ?? []).map(({ clientId }) => clientId)));
    // The session first: from then on none of its codes becomes a grant, and earlier grants can be found.
    const hasEnded = await this.sessions.end(sid, this.clock.now());
    // Read again: a code may have been issued since. Clients are notified even if a step below fails.
    const { clients = [] } = hasEnded ? ((await this.sessions.findKnown(sid)) ?? session) : {};
    for (const client of clients) this.notices.notify({ sub, ...client });
    const clientIds = new Set(clients.map(({ clientId }) => clientId));
    for (const sessionId of [sid, ...replaced]) {
      const ends = (grant: Grant) => !outlivesSession(grant) || (wholly && sessionId === sid);
      for await (const grants of this.pagesOf({ sub, sessionId })) {
        for (const { clientId } of grants) clientIds.add(clientId);
        await this.end(grants.filter(ends), context);
      }
    }
    if (hasEnded && !events.isAdministration) events.emit(ended(clientIds));
  }

  /** As {@link endSession}, for all selected sessions but `kept`; returns their number. */
  async endSessions(query: SessionQuery, context: RevocationContext, kept?: string): Promise<number> {
    let count = 0;
    for (let after: string | undefined; ;) {
      const { items, next } = await this.listSessions(query, {
        limit: pageSize,
        ...(after !== undefined && { after }),
      });
      const ending = items.filter(({ id }) => id !== kept);
      for (const session of ending) await this.endSession(session, context);
      count += ending.length;
      if (next === undefined) return count;
      after = next;
    }
  }

  /** Revokes all of the owner's grants and ends its codes and challenges; returns the number of grants. */
  async endGrants(owner: ChallengeOwner, context: RevocationContext): Promise<number> {
    const { sub, clientId } = owner;
    // Announced before anything changes.
    const announced = context.events.isAdministration ? await this.endBegun(owner, context) : 0;
    // Before the rest, and in the sessions themselves: clocks of several hosts cannot tell whether a code or this end came first.
    if (sub !== undefined && clientId !== undefined) await this.sessions.endAccess(sub, { clientId, id: newId() });
    await this.challenges.end(owner, this.clock.now());
    return announced + (await this.endBegun(owner, context));
  }

  /**
   * Ends everything of a subject who was disabled, deleted or given another password; the session `kept` stays, without its
   * codes and grants. Call it after that has been written, so that a concurrent login is either refused or found here.
   */
  async endSubject(sub: string, context: RevocationContext, kept?: string): Promise<void> {
    // The challenges first, so that every session or grant made of one can be found.
    await this.challenges.end({ sub }, this.clock.now());
    await this.endSessions({ sub }, context, kept);
    await this.endBegun({ sub }, context);
  }

  /** As {@link endSubject}; also removes every client's access. */
  async endAccount(sub: string, context: RevocationContext): Promise<void> {
    await this.consents.removeAll({ sub });
    await this.endSubject(sub, context);
  }

  /**
   * Ends everything at a removed client. Call it after the removal has been written. Processes that still cache the client
   * cannot begin anything for it either.
   */
  async endClient(clientId: string, context: RevocationContext): Promise<void> {
    await this.challenges.end({ clientId }, this.clock.now() + removedClientKnownMs);
    await this.endFormerClient(clientId, context);
  }

  /** Ends what remains of a former client whose id has been reused. */
  async endFormerClient(clientId: string, context: RevocationContext): Promise<void> {
    await this.consents.removeAll({ clientId });
    await this.endBegun({ clientId }, context);
  }

  /** Ends a client's access to the subject, if it has any: grants, challenges and the consent. */
  async endAccess(sub: string, clientId: string, context: RevocationContext): Promise<void> {
    const grants = await this.listGrants({ sub, clientId }, { limit: 1 });
    // Otherwise any text sent as a client id would be stored.
    if (grants.items.length === 0 && (await this.consents.find(sub, clientId, this.clock.now())) === undefined) return;
    await this.consents.removeAll({ sub, clientId });
    await this.endGrants({ sub, clientId }, context);
  }

  private async endBegun(query: GrantQuery, context: RevocationContext): Promise<number> {
    let count = 0;
    for await (const grants of this.pagesOf(query)) count += await this.end(grants, context);
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

  private async end(grants: readonly Grant[], { reason, events }: RevocationContext): Promise<number> {
    if (grants.length === 0) return 0;
    const ending = grants.map(
      ({ id: grantId, clientId, authentication: { sub } }) =>
        ({ type: 'grant_revoked', reason, clientId, sub, grantId }) as const,
    );
    if (events.isAdministration) await events.announce(...ending);
    const ids = ending.map(({ grantId }) => grantId);
    const ended = new Set(await this.grants.revokeAll(ids, this.clock.now()));
    for (const event of ending) if (ended.has(event.grantId) && !events.isAdministration) events.emit(event);
    return ended.size;
  }
}

function isOf({ authentication }: Session, sub: string): boolean {
  return authentication.sub === sub;
}

/** A self-registered client may refresh without it, for as long as the session lives. Source: OpenID Connect Core §11. */
function outlivesSession({ scope, refresh }: Grant): boolean {
  return refresh !== undefined && scope.includes('offline_access');
}
