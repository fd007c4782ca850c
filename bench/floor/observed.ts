import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { Counter, Histogram, Registry } from 'prom-client';

const securityHeaders = {
  'content-security-policy':
    "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;connect-src 'self';base-uri 'none';frame-ancestors 'none'",
  'cross-origin-opener-policy': 'unsafe-none',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
  vary: 'Origin',
  'cache-control': 'no-store',
};

const buckets = [
  0.0005, 0.001, 0.0015, 0.002, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3,
  0.5, 0.75, 1, 2, 5, 10,
];

/** What every answer of the floor carries and leaves behind: the service's headers, a line of the log, a count and a time. */
export function observe(server: FastifyInstance, log: Logger): void {
  const registry = new Registry();
  const labelNames = ['route', 'outcome'];
  const requests = new Counter({ name: 'requests_total', help: '-', labelNames, registers: [registry] });
  const seconds = new Histogram({ name: 'seconds', help: '-', labelNames, buckets, registers: [registry] });
  const series = new Map<string, { requests: Counter.Internal; seconds: Histogram.Internal<string> }>();

  server.addHook('onRequest', (_request, reply, done) => {
    reply.headers(securityHeaders);
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unmatched';
    const { statusCode: status, elapsedTime: ms } = reply;
    log.info({ reqId: request.id, method: request.method, route, status, ms: Math.round(ms * 10) / 10 }, 'request');
    const outcome = status < 400 ? 'ok' : String(status);
    const name = `${route} ${outcome}`;
    let counted = series.get(name);
    if (counted === undefined) {
      counted = { requests: requests.labels(route, outcome), seconds: seconds.labels(route, outcome) };
      series.set(name, counted);
    }
    counted.requests.inc();
    counted.seconds.observe(ms / 1000);
    done();
  });
}
