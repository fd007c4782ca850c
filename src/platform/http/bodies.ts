import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpError } from './http-error';
import { isTooDeep } from './json';
import { Parameters } from './parameters';
import type { ProtocolError } from './protocol-error';

export const bodyLimit = 16 * 1024;

/**
 * Parses bodies as the endpoint declares: a form as {@link Parameters}, or a JSON object. Anything else is refused after its
 * size has been checked.
 */
export function readBodies(instance: FastifyInstance): void {
  const parseJson = instance.getDefaultJsonParser('error', 'error');
  instance.removeAllContentTypeParsers();
  // A patch is JSON with a media type of its own. Source: RFC 7396 §4.
  const json = ['application/json', 'application/merge-patch+json'];
  instance.addContentTypeParser(json, { parseAs: 'string', bodyLimit }, (request, body, done) => {
    // An empty text is no JSON; an endpoint that needs a body says so itself.
    if (body.length === 0 && bodyOf(request) !== 'form') return done(null);
    if (bodyOf(request) !== 'json' || isEncoded(request)) return done(unreadable(request));
    return parseJson(request, String(body), (error, value) =>
      error !== null || !isObject(value) || isTooDeep(value) ? done(notJson(request)) : done(null, value),
    );
  });
  instance.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit },
    (request, body, done) => {
      if (isNone(request, body)) return done(null);
      if (bodyOf(request) !== 'form' || isEncoded(request)) return done(unreadable(request));
      return done(null, Parameters.parse(String(body)));
    },
  );
  instance.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (request, body, done) =>
    done(isNone(request, body) ? null : unreadable(request)),
  );
}

/** The form that the endpoint declares. Throws: 415 when the request had no body. */
export function formOf({ body }: FastifyRequest): Parameters {
  if (body instanceof Parameters) return body;
  throw new HttpError('media_type_unsupported');
}

/** The parameters of the request's query. */
export function queryOf({ query }: FastifyRequest): Parameters {
  return query instanceof Parameters ? query : Parameters.parse('');
}

/** True for an empty body of any type, which many callers send with a DELETE, where none is read. */
function isNone(request: FastifyRequest, body: string | Buffer): boolean {
  return body.length === 0 && bodyOf(request) === undefined;
}

function bodyOf(request: FastifyRequest): 'form' | 'json' | undefined {
  return request.routeOptions.config.endpoint?.body;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for a compressed body, which is refused. Source: RFC 9110 §15.5.16. */
function isEncoded(request: FastifyRequest): boolean {
  return (request.headers['content-encoding'] ?? 'identity') !== 'identity';
}

function unreadable(request: FastifyRequest): ProtocolError {
  return bodyOf(request) === 'json' ? notJson(request) : new HttpError('media_type_unsupported');
}

function notJson(request: FastifyRequest): ProtocolError {
  return request.routeOptions.config.endpoint?.notJson?.() ?? new HttpError('malformed');
}
