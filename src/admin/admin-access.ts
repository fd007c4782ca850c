import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Clock } from '../clock';
import { CONFIG, type Config } from '../config';
import { hashSecret, secretsEqual } from '../credentials/secret';
import { HttpError } from '../http/http-error';
import { RateLimitStore } from '../http/rate-limit-store';
import { AdminError } from './admin-error';

const windowMs = 60_000;
/** Wrong tokens a minute from one IP address, over all processes. */
export const failuresAMinute = 10;

/** Lets in who shows the admin token. Whoever guesses is slowed down, and nobody can be locked out by guesses of others. */
@Injectable()
export class AdminAccess {
  /** The minute of {@link spent}. */
  private window = 0;
  /** The IP addresses whose failures of this minute are used up: for them nothing more is counted, or written. */
  private readonly spent = new Set<string>();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly counters: RateLimitStore,
  ) {}

  /** Throws: {@link AdminError} admin_token_required, or 429 with `Retry-After`. */
  async assertGiven({ headers: { authorization }, client }: FastifyRequest): Promise<void> {
    const [, shown = ''] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
    const { adminToken, issuer } = this.config;
    // Hashed first, so that not even the length of the token is told by the time.
    if (adminToken !== undefined && secretsEqual(hashSecret(shown), hashSecret(adminToken))) return;
    await this.countFailure(client.host);
    throw new AdminError('admin_token_required', { headers: { 'www-authenticate': `Bearer realm="${issuer}"` } });
  }

  private async countFailure(host: string): Promise<void> {
    const now = this.clock.now();
    const window = Math.floor(now / windowMs);
    if (window !== this.window) this.spent.clear();
    this.window = window;
    const end = (window + 1) * windowMs;
    if (!this.spent.has(host) && (await this.counters.count(`admin ${window} ${host}`, end)) <= failuresAMinute) return;
    this.spent.add(host);
    throw new HttpError('rate_limited', { headers: { 'retry-after': String(Math.ceil((end - now) / 1000)) } });
  }
}
