import { Injectable } from '@nestjs/common';
import { ClientStore } from '../clients/client-store';
import { describeScope } from '../clients/scope';
import { addressOf } from '../identity/account-id';
import { ConsentStore } from './consent-store';
import { Endings } from './endings';
import type { Session } from './session-store';

/** How many sessions are shown, and how many grants are looked at for the apps: a page is no place for thousands. */
const shownAtMost = 100;
const grantsAtMost = 2_000;

/** What an end-user sees of their account. */
export interface AccountView {
  /** A username or an address. */
  readonly account: string;
  /** The newest first. */
  readonly sessions: readonly ShownSession[];
  readonly hasMoreSessions: boolean;
  /** By name. */
  readonly apps: readonly ShownApp[];
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
  /** Each with what it allows. */
  readonly scopes: readonly { readonly name: string; readonly allows: string }[];
  readonly since: string;
}

/** Collects what an end-user's account holds: the sessions that live, and the clients with access to it. */
@Injectable()
export class AccountViews {
  constructor(
    private readonly clients: ClientStore,
    private readonly consents: ConsentStore,
    private readonly endings: Endings,
  ) {}

  async of(current: Session): Promise<AccountView> {
    const { sub } = current.authentication;
    const { items, next } = await this.endings.listSessions({ sub }, { limit: shownAtMost });
    const others = items.filter(({ id }) => id !== current.id).toSorted((a, b) => b.createdAt - a.createdAt);
    return {
      account: addressOf(sub) ?? sub,
      sessions: [current, ...others].map((session) => shown(session, session.id === current.id)),
      hasMoreSessions: next !== undefined,
      apps: await this.appsOf(sub),
    };
  }

  /** Those with a grant, and those that a consent allows to begin one without asking. */
  private async appsOf(sub: string): Promise<ShownApp[]> {
    const access = new Map<string, { readonly scope: Set<string>; since: number }>();
    const add = (clientId: string, scope: readonly string[], since: number) => {
      const known = access.get(clientId) ?? { scope: new Set(), since };
      for (const name of scope) known.scope.add(name);
      known.since = Math.min(known.since, since);
      access.set(clientId, known);
    };
    for (const { clientId, scope, createdAt } of await this.consents.list(sub)) add(clientId, scope, createdAt);
    const { items } = await this.endings.listGrants({ sub }, { limit: grantsAtMost });
    for (const { clientId, scope, createdAt } of items) add(clientId, scope, createdAt);
    const apps = await Promise.all(
      [...access].map(async ([clientId, { scope, since }]) => {
        const name = (await this.clients.find(clientId))?.name ?? clientId;
        const scopes = [...scope].map((each) => ({ name: each, allows: describeScope(each) }));
        return { clientId, name, scopes, since: dateOf(since) };
      }),
    );
    return apps.toSorted((a, b) => a.name.localeCompare(b.name));
  }
}

function shown({ id, browser, network, createdAt }: Session, isThis: boolean): ShownSession {
  return { id, browser: browser ?? 'A browser', network, since: dateOf(createdAt), isThis };
}

const dates = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });

function dateOf(time: number): string {
  return `${dates.format(time)} UTC`;
}
