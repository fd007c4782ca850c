import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { LOGGER, pathOf } from '../logger';
import { page } from '../pages/page';
import { PageRenderer } from '../pages/page-renderer';
import { StoreUnavailableError } from '../storage/store-unavailable.error';
import { AllowedMethods } from './allowed-methods';
import { HttpError } from './http-error';
import { errorBody, ProtocolError } from './protocol-error';

const retryAfterSeconds = '2';

const errorPage = page<{ readonly error: ProtocolError }>('http/views/error');

declare module 'fastify' {
  interface FastifyRequest {
    /** The reason of the refusal that the request was answered with, or its error code where it has none. */
    refusal?: string;
  }
}

/** The one writer of error bodies: every refusal, ours, Nest's or Fastify's, leaves in the contract's envelope. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(AllowedMethods) private readonly allowedMethods: AllowedMethods,
    @Inject(PageRenderer) private readonly pages: PageRenderer,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.write(thrown, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  write(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error = this.toProtocolError(thrown, request);
    this.log(error, request);
    request.refusal = error.reason ?? error.error;
    // An event stream that has begun has no error answer any more.
    if (reply.raw.headersSent) return void reply.raw.end();
    void reply.status(error.status).headers({ 'cache-control': 'no-store', ...error.headers });
    if (request.accepts().type(['json', 'html']) === 'html') {
      void reply.type('text/html; charset=utf-8').send(this.pages.render(errorPage, { error }));
    } else {
      void reply.type('application/json; charset=utf-8').send(errorBody(error));
    }
  }

  private toProtocolError(thrown: unknown, request: FastifyRequest): ProtocolError {
    if (thrown instanceof ProtocolError) return thrown;
    if (thrown instanceof StoreUnavailableError) {
      return new HttpError('store_unavailable', { headers: { 'retry-after': retryAfterSeconds }, cause: thrown });
    }
    switch (statusOf(thrown)) {
      // What the file server does not even look for, as a path with a NUL byte, is not there either.
      case 403:
      case 404: {
        const allowed = this.allowedMethods.of(pathOf(request.url));
        if (allowed.length === 0 || allowed.includes(request.method)) return new HttpError('not_found');
        return new HttpError('method_not_allowed', { headers: { allow: allowed.join(', ') } });
      }
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

  private log(error: ProtocolError, request: FastifyRequest): void {
    const refusal = { reqId: request.id, status: error.status, error: error.error, reason: error.reason };
    if (error.status === 500) this.logger.error({ ...refusal, err: error.cause }, 'request failed');
    else if (error.status === 503) this.logger.error({ ...refusal, cause: nameOf(error.cause) }, 'store unavailable');
    else this.logger.warn(refusal, 'request refused');
  }
}

/** The status of an error of Nest or of Fastify; 500 for any other. */
function statusOf(thrown: unknown): number {
  if (thrown instanceof HttpException) return thrown.getStatus();
  if (thrown instanceof Error && 'statusCode' in thrown) return Number(thrown.statusCode);
  return 500;
}

function nameOf(cause: unknown): string {
  const root = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
  return root instanceof Error ? root.name : typeof root;
}
