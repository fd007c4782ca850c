import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../../platform/config';
import { assertRole, Operators } from '../../domain/operators/operators';
import type { Guard } from '../../platform/http/access';
import { ComparisonError } from './comparison-error';

/** Decides who may start runs: everybody in development, operators of role admin in production. */
@Injectable()
export class RunPermission implements Guard<void> {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly operators: Operators,
  ) {}

  /** Whether anybody may start one. */
  async isPossible(): Promise<boolean> {
    return !this.config.production || this.operators.areAny();
  }

  /** Throws: ComparisonError runs_off or admin_token_required; OperatorError; 429 with `Retry-After`. */
  async admit(request: FastifyRequest): Promise<void> {
    if (!this.config.production) return;
    if (!(await this.operators.areAny())) throw new ComparisonError('runs_off');
    const acting = await this.operators.shownBy(request);
    if (acting !== undefined) return assertRole(acting, 'admin');
    const challenge = `Bearer realm="${this.config.issuer}"`;
    throw new ComparisonError('admin_token_required', { headers: { 'www-authenticate': challenge } });
  }
}

/** Requires an operator; in development nobody in particular. */
export const mayRun = {
  by: 'admin',
  beforeBody: true,
  role: 'admin',
  security: [{ bearer: [] }],
  guard: RunPermission,
} as const;
