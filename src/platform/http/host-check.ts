import type { FastifyInstance } from 'fastify';
import type { Config } from '../config';
import { isLoopbackHost } from '../settings';
import { HttpError } from './http-error';

/**
 * Outside production, accepts only the issuer's host name or a loopback one (DNS rebinding): otherwise a page of another site
 * whose name points here would be same-origin and could read all that a development server reveals. In production the proxy
 * checks names. Source: RFC 9110 §7.4.
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

/** `host`: of the header, with any port. Whoever can listen on another port here needs no such trick. */
function isOwnHost(host: string | undefined, own: string): boolean {
  const [, hostname = ''] = /^(\[[\da-f:.]+\]|[^:]+)(?::\d*)?$/i.exec(host ?? '') ?? [];
  const name = hostname.toLowerCase();
  return name === own || isLoopbackHost(name);
}
