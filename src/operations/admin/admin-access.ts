import { Inject, Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../../platform/config';
import type { Access, Guard } from '../../platform/http/access';
import { httpErrors } from '../../platform/http/http-error';
import { ProtocolError } from '../../platform/http/protocol-error';
import { actAs } from '../../domain/events/request-events';
import type { OperatorRole } from '../../domain/identity/operator-role';
import { type Acting, assertRole, Operators } from '../../domain/operators/operators';
import { AdminError } from './admin-error';

/** Access of operators: what they may do is declared, and looked at before body, query and record. */
interface OperatorAccess extends Access<Acting> {
  readonly role: OperatorRole;
}

/** Admits operators by their token; records reads, while changes record themselves. */
@Injectable()
export class AdminAccess implements Guard<Acting> {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly operators: Operators,
  ) {}

  /** Throws: {@link AdminError} admin_token_required, OperatorError, or 429 with `Retry-After`. */
  async admit(request: FastifyRequest, _reply: FastifyReply, access: Access): Promise<Acting> {
    const acting = await this.operators.shownBy(request);
    if (acting === undefined) throw this.refusal();
    this.admitActing(request, acting, access as OperatorAccess);
    return acting;
  }

  /** A read leaves an event; a change leaves its own, which is written before the response. Throws: OperatorError. */
  admitActing(request: FastifyRequest, acting: Acting, { role }: Pick<OperatorAccess, 'role'>): void {
    const isRead = request.method === 'GET';
    actAs(request, acting.actor, !isRead);
    assertRole(acting, role);
    if (isRead) request.events.emit({ type: 'admin_read' });
  }

  /** The error without a token. Source: RFC 6750 §3. */
  refusal(): AdminError {
    const challenge = `Bearer realm="${this.config.issuer}"`;
    return new AdminError('admin_token_required', { headers: { 'www-authenticate': challenge } });
  }
}

/** Requires an operator with this role, or one that includes it. */
export function operator<const Role extends OperatorRole>(role: Role) {
  return {
    by: 'admin',
    beforeBody: true,
    security: [{ bearer: [] }],
    guard: AdminAccess,
    role,
  } as const satisfies OperatorAccess;
}

/** Without any operator there is nothing under `/admin`, whatever the method. */
export function hideAdministration(instance: FastifyInstance, operators: Operators): void {
  instance.addHook('onRequest', ({ url }, _reply, done) => {
    if (!/^\/admin(?:[/?]|$)/.test(url)) return done();
    const hidden = new ProtocolError(httpErrors.not_found, undefined);
    return void operators.areAny().then((are) => done(are ? undefined : hidden), done);
  });
}
