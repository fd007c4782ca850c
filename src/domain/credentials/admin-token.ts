import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../../platform/config';
import { bearerTokenIn, isToken } from './bearer-token';
import type { ClientAddress } from '../../platform/http/client-address';
import { RateLimiter } from '../../platform/http/rate-limiter';

const guesses = { name: 'admin', address: 10 };

/** Checks the admin token. Guessing is rate limited per client, and nobody is locked out by the guesses of others. */
@Injectable()
export class AdminToken {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly limiter: RateLimiter,
  ) {}

  /**
   * Whether the request carries it as its bearer token. The right one is always accepted; a client has ten wrong ones a minute,
   * over all endpoints. Throws: 429 with `Retry-After`. Source: docs/http-api.md, section Administration.
   */
  async isShown({ headers: { authorization }, client }: FastifyRequest): Promise<boolean> {
    return this.isRight(bearerTokenIn(authorization) ?? '', client);
  }

  /** Whether a token from a form is right, under the same limit. Throws: 429 with `Retry-After`. */
  async isRight(given: string, client: ClientAddress): Promise<boolean> {
    const { adminToken } = this.config;
    if (adminToken !== undefined && isToken(given, adminToken)) return true;
    // An absent token is not a guess: a scanner must not use up the guesses of an operator who shares its IP address.
    if (given !== '') await this.limiter.countAlways(guesses, client);
    return false;
  }
}
