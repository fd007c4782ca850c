import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { page } from '../pages/page';
import { PageRenderer } from '../pages/page-renderer';
import { StoreUnavailableError } from '../storage/store-unavailable.error';
import { HttpError } from './http-error';
import { errorBody, ProtocolError } from './protocol-error';
import { RoutedPaths } from './routed-paths';

const retryAfterSeconds = '2';

const errorPage = page<{
  readonly error: ProtocolError;
  /** Whether a retry may soon succeed. */
  readonly passes: boolean;
}>('platform/http/views/error');

/** Writes all error responses: every error, ours or Fastify's, gets the same envelope. */
@Injectable()
export class ErrorWriter {
  constructor(
    private readonly paths: RoutedPaths,
    private readonly pages: PageRenderer,
  ) {}

  /** Must be called before the routes are registered. */
  serve(instance: FastifyInstance): void {
    instance.setErrorHandler((thrown, request, reply) => this.write(thrown, request, reply));
    // Before the body is read: for an unknown URL, no media type or size can be wrong.
    instance.addHook('onRequest', (request, _reply, done) => {
      if (request.is404) done(new HttpError('not_found'));
      else done();
    });
    // A file that the file server does not find has passed that hook.
    instance.setNotFoundHandler((request, reply) => this.write(new HttpError('not_found'), request, reply));
  }

  private write(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error = this.toProtocolError(thrown, request);
    if (error.status >= 500) request.fault = error;
    request.events.emit({ type: 'request_refused', reason: error.reason ?? error.error });
    // An event stream that has begun can have no error response.
    if (reply.raw.headersSent) return void reply.raw.end();
    void reply.status(error.status).headers({ 'cache-control': 'no-store', ...error.headers });
    const inJson = request.routeOptions.config.endpoint?.errorsInJson === true;
    if (!inJson && request.accepts().type(['json', 'html']) === 'html') {
      void reply
        .type('text/html; charset=utf-8')
        .send(this.pages.render(errorPage, { error, passes: error.status === 503 }));
    } else {
      void reply.type('application/json; charset=utf-8').send(errorBody(error));
    }
  }

  private toProtocolError(thrown: unknown, request: FastifyRequest): ProtocolError {
    if (thrown instanceof HttpError && thrown.code === 'not_found') return this.notFound(request);
    if (thrown instanceof ProtocolError) return thrown;
    if (thrown instanceof StoreUnavailableError) {
      return new HttpError('store_unavailable', { headers: { 'retry-after': retryAfterSeconds }, cause: thrown });
    }
    switch (statusOf(thrown)) {
      // A path that the file server refuses, such as one with a NUL byte, counts as not found.
      case 403:
      case 404:
        return this.notFound(request);
      case 412:
        return new HttpError('precondition_failed');
      case 413:
        return new HttpError('body_too_large');
      case 414:
        return new HttpError('url_too_long');
      case 415:
        return new HttpError('media_type_unsupported');
      case 416:
        return new HttpError('range_not_satisfiable');
      case 400:
        return new HttpError('malformed', { cause: thrown });
      default:
        return new HttpError('internal', { cause: thrown });
    }
  }

  /** The URL may have other methods. Source: RFC 9110 §15.5.6. */
  private notFound({ url, method }: FastifyRequest): HttpError {
    const { methods } = this.paths.at(url);
    if (methods.length === 0 || methods.includes(method)) return new HttpError('not_found');
    return new HttpError('method_not_allowed', { headers: { allow: methods.join(', ') } });
  }
}

/** Status of a Fastify error; 500 for any other. */
function statusOf(thrown: unknown): number {
  return thrown instanceof Error && 'statusCode' in thrown ? Number(thrown.statusCode) : 500;
}
