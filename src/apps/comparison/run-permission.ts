import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../../platform/config';
import { AdminToken } from '../../domain/credentials/admin-token';
import type { Guard } from '../../platform/http/access';
import { ComparisonError } from './comparison-error';

/** Decides who may start runs: everybody in development, whoever has the admin token in production. */
@Injectable()
export class RunPermission implements Guard<void> {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly token: AdminToken,
  ) {}

  /** Whether anybody may start one. */
  get possible(): boolean {
    return !this.config.production || this.config.adminToken !== undefined;
  }

  /** Throws: ComparisonError runs_off or admin_token_required, or 429 with `Retry-After`. */
  async admit(request: FastifyRequest): Promise<void> {
    if (!this.possible) throw new ComparisonError('runs_off');
    if (!this.config.production || (await this.token.isShown(request))) return;
    const challenge = `Bearer realm="${this.config.issuer}"`;
    throw new ComparisonError('admin_token_required', { headers: { 'www-authenticate': challenge } });
  }
}

/** Requires an operator; in development nobody in particular. */
export const mayRun = { by: 'admin', right: 'write', security: [{ bearer: [] }], guard: RunPermission } as const;
