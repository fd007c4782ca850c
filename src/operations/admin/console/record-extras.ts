import { Inject, Injectable } from '@nestjs/common';
import { UserStore } from '../../../domain/identity/user-store';
import { includesRole } from '../../../domain/identity/operator-role';
import type { Acting } from '../../../domain/operators/operators';
import type { JsonObject } from '../../../platform/fields/fields';
import { Clock } from '../../../platform/clock';
import { CONFIG, type Config } from '../../../platform/config';
import { type PersonView, personView } from '../../../protocols/login/account/person-view';
import { dateOf } from '../../../protocols/login/shown-date';
import { AdminGrants, AdminSessions } from '../logins';
import { mayManage } from '../user-rights';
import { anyApp, pastes } from './pastes';
import type { RecordKind } from './record-kinds';

const loginsAtMost = 50;

interface ShownLogin {
  readonly what: 'session' | 'grant';
  readonly id: string;
  readonly title: string;
  readonly about: string;
}

/** What the page of a record shows besides its fields. */
export interface ShownExtras {
  readonly paste: { readonly where: string; readonly guide: string; readonly text: string } | undefined;
  readonly person:
    | {
        readonly view: PersonView;
        readonly logins: readonly ShownLogin[];
        readonly hasMore: boolean;
        /** Whether this operator may make links and end logins. */
        readonly mayManage: boolean;
        readonly canMail: boolean;
        /** Shown once. */
        readonly link: string | undefined;
        readonly story: string | undefined;
      }
    | undefined;
}

interface Made {
  readonly secret?: string | undefined;
  readonly link?: string;
  readonly preset?: string | undefined;
}

/** Collects it: of a client what its app needs, of a user the ways in and the logins. */
@Injectable()
export class RecordExtras {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly users: UserStore,
    private readonly sessions: AdminSessions,
    private readonly grants: AdminGrants,
  ) {}

  async of({ path }: RecordKind, record: JsonObject, by: Acting, made: Made): Promise<ShownExtras> {
    return {
      paste: path === 'clients' ? this.pasteOf(record, made) : undefined,
      person: path === 'users' ? await this.personOf(String(record['id']), by, made) : undefined,
    };
  }

  private pasteOf(client: JsonObject, { secret, preset }: Made): ShownExtras['paste'] {
    const { client_id: clientId, redirect_uris: uris, scope } = client;
    const { where, guide, text } = (preset === undefined ? undefined : pastes[preset]) ?? anyApp;
    const redirectUri = Array.isArray(uris) ? String(uris[0] ?? '') : '';
    const app = { issuer: this.config.issuer, clientId: String(clientId), secret, redirectUri, scope: String(scope) };
    return { where, guide, text: text(app) };
  }

  private async personOf(id: string, by: Acting, { link }: Made): Promise<ShownExtras['person']> {
    const user = await this.users.find(id);
    if (user === undefined) return undefined;
    const [query, asked] = [{ sub: id }, { limit: loginsAtMost }];
    const [sessions, grants] = [await this.sessions.page(query, asked), await this.grants.page(query, asked)];
    return {
      view: personView(user, this.config, this.clock.now()),
      logins: [
        ...sessions.data.map((session) => ({
          what: 'session' as const,
          id: session.id,
          title: session.browser ?? 'A browser',
          about: `${session.amr.join(', ')}; ${[session.network ?? [], `since ${at(session.created_at)}`].flat().join(', ')}`,
        })),
        ...grants.data.map((grant) => ({
          what: 'grant' as const,
          id: grant.id,
          title: grant.client_id,
          about: `${grant.scope}; since ${at(grant.created_at)}, until ${at(grant.expires_at)}`,
        })),
      ],
      hasMore: sessions.next !== undefined || grants.next !== undefined,
      mayManage: includesRole(by.role, 'support') && mayManage(by, user),
      canMail: this.config.mail !== undefined && user.email !== undefined && user.emailVerified === true,
      link,
      story: includesRole(by.role, 'auditor') ? `/admin/console/audit?sub=${encodeURIComponent(id)}` : undefined,
    };
  }
}

function at(seconds: number): string {
  return dateOf(seconds * 1_000);
}
