import { Inject, Injectable } from '@nestjs/common';
import { showsToken } from '../credentials/bearer-token';
import { CONFIG, type Config } from '../config';
import { ComparisonError } from './comparison-error';

/** Decides who may start runs: in development everybody, in production who shows the admin token. */
@Injectable()
export class RunPermission {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** Whether anybody may start one. */
  get possible(): boolean {
    return !this.config.production || this.config.adminToken !== undefined;
  }

  /** Throws: ComparisonError runs_off or admin_token_required. */
  assertGiven(authorization: string | undefined): void {
    if (!this.possible) throw new ComparisonError('runs_off');
    const { production, adminToken } = this.config;
    if (!production) return;
    if (adminToken === undefined || !showsToken(authorization, adminToken)) {
      const challenge = `Bearer realm="${this.config.issuer}"`;
      throw new ComparisonError('admin_token_required', { headers: { 'www-authenticate': challenge } });
    }
  }
}
