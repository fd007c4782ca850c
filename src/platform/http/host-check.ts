import type { FastifyInstance } from 'fastify';
import type { Config } from '../config';
import { isLoopbackHost } from '../settings';
import { HttpError } from './http-error';

/**
 * Outside production, answers only who asks for this server by its own name, the issuer's or a loopback one: a page of
 * another site whose name was made to point here (DNS rebinding) would else be this server's own to the browser, and read
 * all that a development server tells. In production the names are the proxy's business. Source: RFC 9110 §7.4.
 */
export function refuseForeignHosts(instance: FastifyInstance, { production, issuer }: Config): void {
  if (production) return;
  const { hostname: own } = new URL(issuer);
  instance.addHook('onRequest', (request, _reply, done) => {
    const isAnswered = request.routeOptions.config.endpoint?.anyHost === true || isOwnHost(request.headers.host, own);
    if (isAnswered) done();
    else done(new HttpError('misdirected'));
  });
}

/** `host`: of the header. Whatever its port: who can listen on another one here needs no such trick. */
function isOwnHost(host: string | undefined, own: string): boolean {
  const [, hostname = ''] = /^(\[[\da-f:.]+\]|[^:]+)(?::\d*)?$/i.exec(host ?? '') ?? [];
  const name = hostname.toLowerCase();
  return name === own || isLoopbackHost(name);
}
