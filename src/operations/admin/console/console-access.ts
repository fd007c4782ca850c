import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { OperatorRole } from '../../../domain/identity/operator-role';
import { type Acting, Operators } from '../../../domain/operators/operators';
import { type Access, answered, type Guard } from '../../../platform/http/access';
import { queryOf } from '../../../platform/http/bodies';
import type { ProtocolError } from '../../../platform/http/protocol-error';
import { page } from '../../../platform/pages/page';
import { PageRenderer } from '../../../platform/pages/page-renderer';
import { sendPage } from '../../../platform/pages/send-page';
import { StoreUnavailableError } from '../../../platform/storage/store-unavailable.error';
import { FormProtection, isFromAnotherSite } from '../../../protocols/login/csrf';
import { consoleRequest } from '../../../protocols/login/interrupted-request';
import { LoginError } from '../../../protocols/login/login-error';
import { AdminAccess, operator } from '../admin-access';
import { ConsolePersons, type PersonAtBrowser } from './console-persons';
import { ConsoleSessions } from './console-sessions';

export const consolePath = '/admin/console';

/** `isAgain`: the token was wrong; `retryAfter`: seconds to wait after too many wrong ones. */
const signInPage = page<{
  readonly csrf: string;
  /** Where to go on. */
  readonly to: string;
  readonly isAgain: boolean;
  readonly retryAfter: string | undefined;
  /** Whether a person may sign in by a passkey. */
  readonly persons: boolean;
  /** Whether somebody asked to, who has no role. */
  readonly hasNoRole: boolean;
}>('operations/admin/console/views/sign-in');

interface SignIn {
  readonly failure?: ProtocolError;
  readonly isAgain?: boolean;
  readonly to?: string | undefined;
  readonly hasNoRole?: boolean;
}

interface ConsoleAccessOf extends Access<Acting> {
  readonly role: OperatorRole;
  /** Whether an admin token's cookie is enough while the store is away. */
  readonly storeless?: boolean;
}

/** Admits whoever has shown a token in this browser, or is signed in by a passkey and has a role. */
@Injectable()
export class ConsoleAccess implements Guard<Acting> {
  constructor(
    private readonly access: AdminAccess,
    private readonly operators: Operators,
    private readonly sessions: ConsoleSessions,
    private readonly persons: ConsolePersons,
    private readonly protection: FormProtection,
    private readonly pages: PageRenderer,
  ) {}

  /** Otherwise asks for a token or a login. Throws: 401 or 429, LoginError, OperatorError. */
  async admit(request: FastifyRequest, reply: FastifyReply, access: Access): Promise<Acting | typeof answered> {
    if (request.headers.authorization !== undefined) return this.access.admit(request, reply, access);
    this.operators.assertNotInUrl(request);
    const found = await this.whoIs(request, access as ConsoleAccessOf);
    const asksForPerson = queryOf(request).get('as') === 'me' && this.persons.canSignIn;
    if (found === 'login_needed' || (found === 'nobody' && asksForPerson)) {
      void reply.redirect(`/login?${consoleRequest}`, 303);
      return answered;
    }
    if (found === 'nobody' || found === 'no_role') {
      this.askToSignIn(request, reply, { hasNoRole: found === 'no_role' && asksForPerson });
      return answered;
    }
    this.access.admitActing(request, found, access as ConsoleAccessOf);
    return found;
  }

  /** The error for a wrong token. */
  get refusal(): ProtocolError {
    return this.access.refusal();
  }

  /** Shows the form, but throws the failure to callers that want JSON. */
  askToSignIn(request: FastifyRequest, reply: FastifyReply, asked: SignIn = {}): void {
    const { failure = this.refusal, isAgain = false, hasNoRole = false } = asked;
    const { to = request.method === 'GET' ? request.url : undefined } = asked;
    if (request.accepts().type(['html', 'json']) === 'json') throw failure;
    const { status, headers, error, reason = error } = failure;
    request.events.emit({ type: 'request_refused', reason });
    void reply.headers(headers);
    const csrf = this.protection.issue(request, reply);
    const shown = { csrf, to: placeIn(to), isAgain, retryAfter: headers['retry-after'], hasNoRole };
    sendPage(reply, status, this.pages.render(signInPage, { ...shown, persons: this.persons.canSignIn }));
  }

  private async whoIs(request: FastifyRequest, { storeless }: ConsoleAccessOf): Promise<PersonAtBrowser> {
    if (isFromAnotherSite(request)) {
      // Of a link elsewhere, nothing is shown: the strict cookie would not come with it either.
      if (request.method === 'GET') return 'nobody';
      throw new LoginError('csrf_invalid');
    }
    try {
      return (await this.sessions.current(request)) ?? (await this.persons.at(request));
    } catch (error) {
      const acting =
        storeless === true && error instanceof StoreUnavailableError && this.sessions.withoutStore(request);
      if (acting === false || acting === undefined) throw error;
      return acting;
    }
  }
}

/** The place to go on at: always one of ours, and no answer to a form. */
export function placeIn(to: string | undefined): string {
  const isOurs = to !== undefined && /^\/admin\/(?:console|dashboard)(?:[/?][!-~]{0,2000})?$/.test(to);
  return isOurs && !to.includes('as=me') && !to.includes('\\') ? to : consolePath;
}

/** Requires an operator in a browser, with this role or one that includes it. */
export function inConsole<const Role extends OperatorRole>(role: Role) {
  return { ...operator(role), guard: ConsoleAccess } as const;
}

/** As {@link inConsole}, also while the store is away, if the browser has shown an admin token. */
export const onlooker = { ...inConsole('viewer'), storeless: true } as const;
