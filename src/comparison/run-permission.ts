import { Inject, Injectable } from '@nestjs/common';
import { hashSecret, secretsEqual } from '../credentials/secret';
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
    const [, shown = ''] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
    // Hashed first, so that not even the length of the token is told by the time.
    if (adminToken === undefined || !secretsEqual(hashSecret(shown), hashSecret(adminToken))) {
      const challenge = `Bearer realm="${this.config.issuer}"`;
      throw new ComparisonError('admin_token_required', { headers: { 'www-authenticate': challenge } });
    }
  }
}
