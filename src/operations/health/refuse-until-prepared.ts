import type { FastifyInstance } from 'fastify';
import { StoreUnavailableError } from '../../platform/storage/store-unavailable.error';
import type { Bootstrap } from './bootstrap';

/** Endpoints that work before the service is ready. */
const always = /^\/(?:health\/|metrics$)/;

/**
 * Answers 503 until the store is prepared. A database that came up after the service may belong to the other environment or
 * need a migration: until that is known, no request may read or write it.
 */
export function refuseUntilPrepared(instance: FastifyInstance, bootstrap: Bootstrap): void {
  instance.addHook('onRequest', ({ is404, routeOptions }, _reply, done) => {
    const path = is404 ? undefined : routeOptions.config.endpoint?.path;
    if (bootstrap.isPrepared || path === undefined || always.test(path)) done();
    else done(new StoreUnavailableError('not prepared yet'));
  });
}
