import { Inject, Injectable } from '@nestjs/common';
import { ApiStore } from '../../domain/apis/api-store';
import type { GrantedAudience, GrantedResource } from '../../domain/apis/granted-audience';
import { ClientStore } from '../../domain/clients/client-store';
import { describeScope, isOwnScope } from '../../domain/clients/scope';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { AccountNames } from '../../domain/identity/account-names';
import { ConsentStore } from './consent-store';
import { Revocation } from './revocation';
import type { Session } from '../../domain/challenges/session';
import { UserStore } from '../../domain/identity/user-store';
import { type PersonView, personView } from './account/person-view';
import { dateOf } from './shown-date';

/** Most sessions shown, and grants examined for the list of apps. */
const shownAtMost = 100;
const grantsAtMost = 10_000;
const grantsAtOnce = 500;

/** What end-users see of their account. */
export interface AccountView {
  /** A username or an address. */
  readonly account: string;
  /** Newest first. */
  readonly sessions: readonly ShownSession[];
  readonly hasMoreSessions: boolean;
  /** By name. */
  readonly apps: readonly ShownApp[];
  readonly hasMoreApps: boolean;
  /** Absent for a wallet that is nobody's. */
  readonly person: PersonView | undefined;
}

interface ShownSession {
  readonly id: string;
  readonly browser: string;
  readonly network: string | undefined;
  readonly since: string;
  readonly isThis: boolean;
}

interface ShownApp {
  readonly clientId: string;
  readonly name: string;
  /** Scopes of this server. */
  readonly scopes: readonly ShownScope[];
  /** APIs that it may call. */
  readonly apis: readonly {
    readonly name: string;
    readonly identifier: string;
    readonly scopes: readonly ShownScope[];
  }[];
  readonly since: string;
}

interface ShownScope {
  readonly name: string;
  /** What the scope allows, in words for the end-user. */
  readonly allows: string;
}

/** A client's access by its grants and a consent together. */
class Access {
  private readonly own = new Set<string>();
  private readonly resources = new Map<string, Set<string>>();

  constructor(public since: number) {}

  add(scope: readonly string[], resources: readonly GrantedResource[], since: number): void {
    this.since = Math.min(this.since, since);
    for (const name of scope) if (isOwnScope(name)) this.own.add(name);
    for (const { identifier, scope: names } of resources) {
      this.resources.set(identifier, new Set([...(this.resources.get(identifier) ?? []), ...names]));
    }
  }

  scopes(): string[] {
    return [...this.own];
  }

  byResource(): (readonly [identifier: string, names: ReadonlySet<string>])[] {
    return [...this.resources];
  }
}

/** Collects the live sessions of an end-user, and the clients with access to the account. */
@Injectable()
export class AccountViews {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly names: AccountNames,
    private readonly users: UserStore,
    private readonly clients: ClientStore,
    private readonly apis: ApiStore,
    private readonly consents: ConsentStore,
    private readonly revocation: Revocation,
  ) {}

  async of(current: Session): Promise<AccountView> {
    const { sub } = current.authentication;
    const { items, next } = await this.revocation.listSessions({ sub }, { limit: shownAtMost });
    const user = await this.users.find(sub);
    const others = items.filter(({ id }) => id !== current.id).toSorted((a, b) => b.createdAt - a.createdAt);
    return {
      account: await this.names.of(sub),
      sessions: [current, ...others].map((session) => shown(session, session.id === current.id)),
      hasMoreSessions: next !== undefined,
      person: user && personView(user, this.config, this.clock.now()),
      ...(await this.appsOf(sub)),
    };
  }

  /** Clients with a grant, and those whose consent lets them begin one without asking. */
  private async appsOf(sub: string): Promise<Pick<AccountView, 'apps' | 'hasMoreApps'>> {
    const byClient = new Map<string, Access>();
    const accessOf = (clientId: string, since: number): Access => {
      const access = byClient.get(clientId) ?? new Access(since);
      byClient.set(clientId, access);
      return access;
    };
    for (const { clientId, scope, resources, createdAt } of await this.consents.list(sub, this.clock.now())) {
      accessOf(clientId, createdAt).add(scope, resources, createdAt);
    }
    let after: string | undefined;
    for (let seen = 0; seen < grantsAtMost; seen += grantsAtOnce) {
      const page = { limit: grantsAtOnce, ...(after !== undefined && { after }) };
      const { items, next } = await this.revocation.listGrants({ sub }, page);
      for (const { clientId, scope, audience, createdAt } of items) {
        accessOf(clientId, createdAt).add(scope, resourcesOf(audience), createdAt);
      }
      after = next;
      if (after === undefined) break;
    }
    const apps = await Promise.all([...byClient].map(([clientId, access]) => this.shownApp(clientId, access)));
    return { apps: apps.toSorted((a, b) => a.name.localeCompare(b.name)), hasMoreApps: after !== undefined };
  }

  private async shownApp(clientId: string, access: Access): Promise<ShownApp> {
    const client = await this.clients.find(clientId);
    const apis: ShownApp['apis'][number][] = [];
    for (const [identifier, names] of access.byResource()) {
      const api = await this.apis.findByIdentifier(identifier);
      // This server, or a removed API: nobody gets a token for it.
      if (api === undefined) continue;
      const scopes = api.scopes.filter(({ name }) => names.has(name));
      apis.push({
        name: api.name,
        identifier,
        scopes: scopes.map(({ name, description }) => ({ name, allows: description })),
      });
    }
    return {
      clientId,
      name: client?.name ?? clientId,
      scopes: access.scopes().map((name) => ({ name, allows: describeScope(name) })),
      apis,
      since: dateOf(access.since),
    };
  }
}

function resourcesOf(audience: GrantedAudience | undefined): readonly GrantedResource[] {
  return audience?.resources ?? [];
}

function shown({ id, browser, network, createdAt }: Session, isThis: boolean): ShownSession {
  return { id, browser: browser ?? 'A browser', network, since: dateOf(createdAt), isThis };
}
