import type { FastifyInstance } from 'fastify';
import type { Config } from '../config';

/** No form-action: it would stop the redirect to the client that follows the login form. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join(';');

/** Security headers of every response, as helmet would write them. Source: docs/http-api.md, section Browsers. */
export function securityHeaders({ issuer }: Pick<Config, 'issuer'>): Readonly<Record<string, string>> {
  return {
    'content-security-policy': contentSecurityPolicy,
    // A client that logs in by a popup needs window.opener when the response returns.
    'cross-origin-opener-policy': 'unsafe-none',
    'cross-origin-resource-policy': 'same-origin',
    'origin-agent-cluster': '?1',
    'referrer-policy': 'no-referrer',
    ...(issuer.startsWith('https:') && { 'strict-transport-security': 'max-age=31536000; includeSubDomains' }),
    'x-content-type-options': 'nosniff',
    'x-dns-prefetch-control': 'off',
    'x-download-options': 'noopen',
    'x-frame-options': 'DENY',
    'x-permitted-cross-domain-policies': 'none',
    'x-xss-protection': '0',
  };
}

/** Sets these headers on every response, including errors. */
export function setSecurityHeaders(instance: FastifyInstance, config: Config): void {
  const headers = securityHeaders(config);
  instance.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(headers);
    done();
  });
}
