import type { Grant } from '../../domain/challenges/grant';
import type { GrantStore } from '../../domain/challenges/grant-store';
import type { Clock } from '../../platform/clock';
import type { Events } from '../../domain/events/events';
import type { Revocation, RevocationContext } from '../../protocols/login/revocation';
import type { Session } from '../../domain/challenges/session';
import type { SessionStore } from '../../protocols/login/session-store';
import { type Page, PlaceUnknownError } from '../../platform/storage/page';
import type { UserStore } from '../../domain/identity/user-store';
import { type Acting, assertRole } from '../../domain/operators/operators';
import { AdminError, found } from './admin-error';
import { assertMayManageSubject } from './user-rights';
import type { GrantAnswer, SessionAnswer } from './logins.openapi';
import { FieldError } from '../../platform/fields/field-error';
import type { PageAnswer, PageAsked } from './page-answer';

/** Selects logins by the query of a request. */
export interface LoginQuery {
  readonly sub?: string;
  readonly clientId?: string;
}

/** The administration of live grants, or of live sessions. Every method may throw StoreUnavailableError. */
export abstract class AdminLogins<Answer extends object> {
  constructor(protected readonly users: UserStore) {}

  abstract page(query: LoginQuery, asked: PageAsked): Promise<PageAnswer<Answer>>;

  /** Throws: {@link AdminError} record_unknown, also for a record that has ended. */
  abstract end(id: string, events: Events, by: Acting): Promise<void>;

  protected abstract endMatching(query: LoginQuery, context: RevocationContext): Promise<number>;

  /**
   * Ends all selected records; returns their number. Below admin it must be those of one subject. Throws: {@link AdminError}
   * query_required; OperatorError.
   */
  async endAll(query: LoginQuery, events: Events, by: Acting): Promise<number> {
    // Without a filter, a typing error would log everybody out.
    if (query.sub === undefined && query.clientId === undefined) throw new AdminError('query_required');
    if (query.sub === undefined) assertRole(by, 'admin');
    else await assertMayManageSubject(by, query.sub, this.users);
    const ended = await this.endMatching(query, { reason: 'administrator', events });
    // Each ended record has its own event; if there was none, a read is recorded here.
    if (ended === 0) events.emit({ type: 'admin_read' });
    return ended;
  }
}

export class AdminGrants extends AdminLogins<GrantAnswer> {
  constructor(
    private readonly grants: GrantStore,
    private readonly revocation: Revocation,
    private readonly clock: Clock,
    users: UserStore,
  ) {
    super(users);
  }

  async page(query: LoginQuery, asked: PageAsked): Promise<PageAnswer<GrantAnswer>> {
    return answered(this.revocation.listGrants(query, asked), grantAnswer);
  }

  async end(id: string, events: Events, by: Acting): Promise<void> {
    const now = this.clock.now();
    const grant = await this.grants.find(id);
    if (grant !== undefined) await assertMayManageSubject(by, grant.authentication.sub, this.users);
    const lives = grant !== undefined && grant.expiresAt > now && grant.revokedAt === undefined;
    if (!lives) throw new AdminError('record_unknown');
    const { clientId, authentication } = grant;
    const { sub } = authentication;
    await events.announce({ type: 'grant_revoked', reason: 'administrator', clientId, sub, grantId: grant.id });
    if (!(await this.grants.revoke(grant.id, now))) throw new AdminError('record_unknown');
  }

  protected endMatching(query: LoginQuery, context: RevocationContext): Promise<number> {
    return this.revocation.endGrants(query, context);
  }
}

export class AdminSessions extends AdminLogins<SessionAnswer> {
  constructor(
    private readonly sessions: SessionStore,
    private readonly revocation: Revocation,
    private readonly clock: Clock,
    users: UserStore,
  ) {
    super(users);
  }

  async page(query: LoginQuery, asked: PageAsked): Promise<PageAnswer<SessionAnswer>> {
    return answered(this.revocation.listSessions(query, asked), sessionAnswer);
  }

  async end(id: string, events: Events, by: Acting): Promise<void> {
    const session = found(await this.sessions.find(id, this.clock.now()));
    await assertMayManageSubject(by, session.authentication.sub, this.users);
    await this.revocation.endSession(session, { reason: 'administrator', events });
  }

  protected endMatching(query: LoginQuery, context: RevocationContext): Promise<number> {
    return this.revocation.endSessions(query, context);
  }
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
