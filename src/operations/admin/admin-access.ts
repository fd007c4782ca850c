import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../../platform/config';
import type { Access, Guard } from '../../platform/http/access';
import { AdminToken } from '../../domain/credentials/admin-token';
import { markAdministration } from '../../domain/events/request-events';
import { AdminError } from './admin-error';

/** Admits whoever shows the admin token; records reads, while changes record themselves. */
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

  /** A read leaves an event; a change leaves its own, which is written before the response. */
  record(request: FastifyRequest, { right }: Access): void {
    if (right === 'read') request.events.emit({ type: 'admin_read' });
    else markAdministration(request);
  }

  /** The error without the token. Source: RFC 6750 §3. */
  refusal(): AdminError {
    const challenge = `Bearer realm="${this.config.issuer}"`;
    return new AdminError('admin_token_required', { headers: { 'www-authenticate': challenge } });
  }
}

const operator = { by: 'admin', security: [{ bearer: [] }], guard: AdminAccess } as const satisfies Access<void>;

/** Requires an operator, for reading or for writing. */
export const admin = { read: { ...operator, right: 'read' }, write: { ...operator, right: 'write' } } as const;
