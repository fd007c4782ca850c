import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../config';
import { AdminToken } from '../http/admin-token';
import { AdminError } from './admin-error';

/** Lets in who shows the admin token; that somebody reads is told here, what is changed by whoever changes it. */
@Injectable()
export class AdminAccess {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly token: AdminToken,
  ) {}

  /** Throws: {@link AdminError} admin_token_required, or 429 with `Retry-After`. */
  async assertGiven(request: FastifyRequest): Promise<void> {
    if (await this.token.isShown(request)) {
      if (request.method === 'GET' || request.method === 'HEAD') request.events.emit({ type: 'admin_read' });
      return;
    }
    const challenge = `Bearer realm="${this.config.issuer}"`;
    throw new AdminError('admin_token_required', { headers: { 'www-authenticate': challenge } });
  }
}
