import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../../platform/config';
import type { Access, Guard } from '../../platform/http/access';
import { AdminToken } from '../../domain/credentials/admin-token';
import { markAdministration } from '../../domain/events/request-events';
import { AdminError } from './admin-error';

/** Lets in who shows the admin token; that somebody reads is told here, what is changed by whoever changes it. */
@Injectable()
export class AdminAccess implements Guard<void> {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly token: AdminToken,
  ) {}

  /** Throws: {@link AdminError} admin_token_required, or 429 with `Retry-After`. */
  async admit(request: FastifyRequest, _reply: FastifyReply, access: Access): Promise<void> {
    if (!(await this.token.isShown(request))) throw this.refusal();
    this.record(request, access);
  }

  /** Reads leave an event too; a change leaves one of its own, which is written before the change is answered. */
  record(request: FastifyRequest, { right }: Access): void {
    if (right === 'read') request.events.emit({ type: 'admin_read' });
    else markAdministration(request);
  }

  /** What whoever does not show it is told. Source: RFC 6750 §3. */
  refusal(): AdminError {
    const challenge = `Bearer realm="${this.config.issuer}"`;
    return new AdminError('admin_token_required', { headers: { 'www-authenticate': challenge } });
  }
}

const operator = { by: 'admin', security: [{ bearer: [] }], guard: AdminAccess } as const satisfies Access<void>;

/** Of operators, by what they may do. */
export const admin = { read: { ...operator, right: 'read' }, write: { ...operator, right: 'write' } } as const;
