import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import helmet from 'helmet';
import { securityHeaders } from './security-headers';

/** What helmet writes for the same policy. */
function byHelmet(strictTransportSecurity: false | { maxAge: number }): Record<string, unknown> {
  const set = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    crossOriginOpenerPolicy: { policy: 'unsafe-none' },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity,
  });
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  set(request, response, () => {});
  return { ...response.getHeaders() };
}

describe('the security headers', () => {
  it('given an issuer behind TLS, when they are written, then they are what helmet writes', () => {
    expect(securityHeaders({ issuer: 'https://id.example' })).toEqual(byHelmet({ maxAge: 31_536_000 }));
  });

  it('given an issuer on loopback, when they are written, then browsers are not told to use TLS', () => {
    expect(securityHeaders({ issuer: 'http://localhost:3000' })).toEqual(byHelmet(false));
  });
});
