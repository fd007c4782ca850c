import type { FastifyInstance, FastifyReply } from 'fastify';
import type { RegisteredOrigins } from './registered-origins';
import { StoreUnavailableError } from '../storage/store-unavailable.error';
import type { RoutedPaths } from './routed-paths';

const exposedHeaders = 'DPoP-Nonce, WWW-Authenticate, Retry-After';
const preflightAnswer = {
  'access-control-allow-headers': 'authorization, content-type, dpop',
  'access-control-max-age': '600',
};

/**
 * Lets pages of other origins read the responses of endpoints that declare it, without cookies, and answers preflights. A page
 * that may not gets the response of any missing method. Requests without an Origin cost one header. Source: Fetch §3.2, §4.8.
 */
export function shareAcrossOrigins(instance: FastifyInstance, paths: RoutedPaths, registered: RegisteredOrigins): void {
  instance.addHook('onRequest', (request, reply, done) => {
    const { is404, headers, routeOptions } = request;
    const origins = is404 ? paths.at(request.url).origins : routeOptions.config.endpoint?.origins;
    if (origins === undefined) return done();
    const { origin } = headers;
    if (origins === 'registered') void reply.header('vary', 'Origin');
    if (origins === 'registered' && origin === undefined) return done();

    const go = (isAllowed: boolean) => {
      if (!isAllowed) return done();
      void reply.header('access-control-allow-origin', origins === 'all' ? '*' : origin);
      void reply.header('access-control-expose-headers', exposedHeaders);
      if (!is404 || request.method !== 'OPTIONS' || origin === undefined) return done();
      return answerPreflight(reply, paths.at(request.url).methods);
    };
    if (origins === 'all') return go(true);
    registered.includes(origin ?? '').then(go, (error: Error) => {
      // A 404 needs no store, and a page without an answer about its origin may not read it anyway.
      if (is404 && error instanceof StoreUnavailableError) done();
      else done(error);
    });
    return undefined;
  });
}

function answerPreflight(reply: FastifyReply, methods: readonly string[]): void {
  void reply
    .status(204)
    .headers({ ...preflightAnswer, 'access-control-allow-methods': methods.join(', ') })
    .send();
}
