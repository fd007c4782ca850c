import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyHttpOptions, RawServerDefault } from 'fastify';

/** Fastify as Nest begins and ends it; what requests go through is registered on its instance, and nothing of Nest's is. */
export class BareAdapter extends FastifyAdapter {
  constructor(options: FastifyHttpOptions<RawServerDefault>) {
    super({ ...options, skipMiddie: true });
  }

  /** Nest's own is left out: the error writer answers. */
  override setErrorHandler() {
    return this.getInstance();
  }

  /** Nest's own is left out: the error writer answers. */
  override setNotFoundHandler() {
    return this.getInstance();
  }
}
