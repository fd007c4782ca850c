import type { Grant } from '../../domain/challenges/grant';
import type { GrantStore } from '../../domain/challenges/grant-store';
import type { Clock } from '../../platform/clock';
import type { Events } from '../../domain/events/events';
import type { Endings, SessionQuery } from '../../protocols/login/endings';
import type { Session } from '../../domain/challenges/session';
import type { SessionStore } from '../../protocols/login/session-store';
import { type Page, PlaceUnknownError } from '../../platform/storage/page';
import { AdminError } from './admin-error';
import type { GrantAnswer, SessionAnswer } from './logins.openapi';
import { FieldError } from '../../platform/fields/field-error';
import type { PageAnswer, PageAsked } from './page-answer';

/** Which logins are meant, by what the query of a request names. */
export interface LoginQuery {
  readonly sub?: string;
  readonly clientId?: string;
}

/** The administration of what logins left: grants and sessions that live. Every method may throw StoreUnavailableError. */
export class AdminLogins {
  constructor(
    private readonly grants: GrantStore,
    private readonly sessions: SessionStore,
    private readonly endings: Endings,
    private readonly clock: Clock,
  ) {}

  async grantPage(query: LoginQuery, asked: PageAsked): Promise<PageAnswer<GrantAnswer>> {
    return answered(this.endings.listGrants(query, asked), grantAnswer);
  }

  async sessionPage(query: LoginQuery, asked: PageAsked): Promise<PageAnswer<SessionAnswer>> {
    return answered(this.endings.listSessions(query, asked), sessionAnswer);
  }

  /** Throws: {@link AdminError} record_unknown, also for one that has ended. */
  async endGrant(id: string, events: Events): Promise<void> {
    const now = this.clock.now();
    const grant = await this.grants.find(id);
    const lives = grant !== undefined && grant.expiresAt > now && (await this.grants.revoke(grant.id, now));
    if (!lives) throw new AdminError('record_unknown');
    const { clientId, authentication } = grant;
    events.emit({
      type: 'grant_revoked',
      reason: 'administrator',
      clientId,
      sub: authentication.sub,
      grantId: grant.id,
    });
  }

  /** Throws: {@link AdminError} record_unknown, also for one that has ended. */
  async endSession(id: string, events: Events): Promise<void> {
    const session = await this.sessions.find(id, this.clock.now());
    if (session === undefined) throw new AdminError('record_unknown');
    await this.endings.endSession(session, { reason: 'administrator', events });
  }

  /** Ends all that are meant, and returns how many. Throws: {@link AdminError} query_required. */
  async endGrants(query: LoginQuery, events: Events): Promise<number> {
    assertNames(query);
    return told(await this.endings.endGrants(query, { reason: 'administrator', events }), events);
  }

  /** The same of sessions. */
  async endSessions(query: SessionQuery & LoginQuery, events: Events): Promise<number> {
    assertNames(query);
    return told(await this.endings.endSessions(query, { reason: 'administrator', events }), events);
  }
}

/** Each that was ended has been told of; that it was none is told here. */
function told(ended: number, events: Events): number {
  if (ended === 0) events.emit({ type: 'admin_read' });
  return ended;
}

/** Or a typing error would log everybody out. */
function assertNames({ sub, clientId }: LoginQuery): void {
  if (sub === undefined && clientId === undefined) throw new AdminError('query_required');
}

async function answered<Item, Answer>(
  page: Promise<Page<Item>>,
  answerOf: (item: Item) => Answer,
): Promise<PageAnswer<Answer>> {
  try {
    const { items, next } = await page;
    return { data: items.map(answerOf), ...(next !== undefined && { next }) };
  } catch (error) {
    throw error instanceof PlaceUnknownError ? new FieldError('after', 'the next of the page before') : error;
  }
}

function grantAnswer({
  id,
  authentication,
  clientId,
  model,
  scope,
  refresh,
  createdAt,
  expiresAt,
}: Grant): GrantAnswer {
  return {
    id,
    sub: authentication.sub,
    client_id: clientId,
    model,
    scope: scope.join(' '),
    refreshable: refresh !== undefined,
    created_at: Math.floor(createdAt / 1000),
    expires_at: Math.floor(expiresAt / 1000),
  };
}

function sessionAnswer({ id, authentication, browser, network, createdAt, expiresAt }: Session): SessionAnswer {
  return {
    id,
    sub: authentication.sub,
    amr: authentication.amr,
    ...(browser !== undefined && { browser }),
    ...(network !== undefined && { network }),
    created_at: Math.floor(createdAt / 1000),
    expires_at: Math.floor(expiresAt / 1000),
  };
}
