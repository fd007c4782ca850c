import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyHttpOptions, RawServerDefault } from 'fastify';

/** Fastify as Nest starts and stops it. Requests only pass through what is registered on the instance, nothing of Nest's. */
export class BareAdapter extends FastifyAdapter {
  constructor(options: FastifyHttpOptions<RawServerDefault>) {
    super({ ...options, skipMiddie: true });
  }

  /** Replaced by the error writer. */
  override setErrorHandler() {
    return this.getInstance();
  }

  /** Replaced by the error writer. */
  override setNotFoundHandler() {
    return this.getInstance();
  }
}
