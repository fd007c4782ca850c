import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../../platform/config';
import { bearerTokenIn, isToken } from './bearer-token';
import type { ClientAddress } from '../../platform/http/client-address';
import { RateLimiter } from '../../platform/http/rate-limiter';

const guesses = { name: 'admin', address: 10 };

/** Tells who shows the admin token. Whoever guesses is slowed down, and nobody can be locked out by guesses of others. */
@Injectable()
export class AdminToken {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly limiter: RateLimiter,
  ) {}

  /**
   * Whether the request shows it as its bearer token. The right one is always served; of wrong ones a client has ten a
   * minute, wherever they are shown. Throws: 429 with `Retry-After`. Source: docs/http-api.md, section Administration.
   */
  async isShown({ headers: { authorization }, client }: FastifyRequest): Promise<boolean> {
    return this.isRight(bearerTokenIn(authorization) ?? '', client);
  }

  /** Whether it is what somebody has put into a form, under the same limit. Throws: 429 with `Retry-After`. */
  async isRight(given: string, client: ClientAddress): Promise<boolean> {
    const { adminToken } = this.config;
    if (adminToken !== undefined && isToken(given, adminToken)) return true;
    // No token is no guess: a scanner must not use up the guesses of an operator who shares its IP address.
    if (given !== '') await this.limiter.countAlways(guesses, client);
    return false;
  }
}
