import { Controller } from '@nestjs/common';
import type { JSONWebKeySet } from 'jose';
import { Endpoint } from '../../platform/http/endpoint';
import { jwksMaxAgeSeconds, KeyRing } from './key-ring';
import { jwksOperation } from './jwks.openapi';

@Controller()
export class JwksController {
  constructor(private readonly keys: KeyRing) {}

  /** The public keys that verify our tokens. Source: RFC 7517 §5. */
  @Endpoint({
    method: 'GET',
    path: '/.well-known/jwks.json',
    access: 'public',
    cache: `public, max-age=${jwksMaxAgeSeconds}`,
    origins: 'all',
    metadata: 'jwks_uri',
    describe: jwksOperation,
  })
  jwks(): JSONWebKeySet {
    return this.keys.publishedKeys();
  }
}
