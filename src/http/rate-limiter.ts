import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { hashSecret } from '../credentials/secret';
import { Clock } from '../clock';
import { CONFIG, type Config } from '../config';
import { HttpError } from './http-error';
import { RateLimitStore } from './rate-limit-store';

const windowMs = 60_000;

/** Requests a minute; routes that name the same limit are counted together. */
export interface Limit {
  readonly name: string;
  /** Of one IP address. */
  readonly address: number;
  /** Of one IP address about one subject. */
  readonly subject: number;
}

export interface RequestLimit extends Limit {
  /** The username, client id, account or nonce that a request is about; undefined for one that does not count. */
  readonly subjectOf: (request: FastifyRequest) => string | undefined;
}

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

  /** Whether anything is counted at all. */
  get isOn(): boolean {
    return this.config.rateLimit;
  }

  /** Throws: 429 with `Retry-After`. */
  async assertAllowed({ name, ...limit }: Limit, address: string, subject: string): Promise<void> {
    const window = Math.floor(this.clock.now() / windowMs);
    const windowEnd = (window + 1) * windowMs;
    const [ofAddress, ofSubject] = await Promise.all([
      this.counters.count(`${name} ${window} ${address}`, windowEnd),
      this.counters.count(`${name} ${window} ${address} ${hashSecret(subject)}`, windowEnd),
    ]);
    if (ofAddress <= limit.address && ofSubject <= limit.subject) return;
    const seconds = Math.max(1, Math.ceil((windowEnd - this.clock.now()) / 1000));
    throw new HttpError('rate_limited', { headers: { 'retry-after': String(seconds) } });
  }
}
