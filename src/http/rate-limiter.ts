import { Inject, Injectable } from '@nestjs/common';
import { hashSecret } from '../credentials/secret';
import { Clock } from '../clock';
import { CONFIG, type Config } from '../config';
import { HttpError } from './http-error';
import { RateLimitStore } from './rate-limit-store';

const windowMs = 60_000;

/** Requests a minute: of one address, and of one address about one subject. */
const limits = {
  login: { address: 60, subject: 10 },
  'wallet-challenge': { address: 300, subject: 30 },
  'wallet-verify': { address: 300, subject: 10 },
  'comparison-run': { address: 6, subject: 6 },
  token: { address: 600, subject: 300 },
} as const;

/**
 * Counts attempts over all processes. A subject is counted together with the address that asks about it, so that nobody
 * can use up the attempts of a person who is somewhere else.
 */
@Injectable()
export class RateLimiter {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly counters: RateLimitStore,
  ) {}

  /** `subject`: the username, client id, account or nonce that the request is about. Throws: 429 with `Retry-After`. */
  async assertAllowed(action: keyof typeof limits, address: string, subject: string): Promise<void> {
    if (!this.config.rateLimit) return;
    const window = Math.floor(this.clock.now() / windowMs);
    const windowEnd = (window + 1) * windowMs;
    const [ofAddress, ofSubject] = await Promise.all([
      this.counters.count(`${action} ${window} ${address}`, windowEnd),
      this.counters.count(`${action} ${window} ${address} ${hashSecret(subject)}`, windowEnd),
    ]);
    if (ofAddress <= limits[action].address && ofSubject <= limits[action].subject) return;
    const seconds = Math.max(1, Math.ceil((windowEnd - this.clock.now()) / 1000));
    throw new HttpError('rate_limited', { headers: { 'retry-after': String(seconds) } });
  }
}
