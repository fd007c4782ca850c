import { Controller, Get, Header } from '@nestjs/common';
import type { JSONWebKeySet } from 'jose';
import { jwksMaxAgeSeconds, KeyRing } from './key-ring';
import { DescribeJwks } from './jwks.openapi';

@Controller('.well-known/jwks.json')
export class JwksController {
  constructor(private readonly keys: KeyRing) {}

  /** The public keys that verify our tokens. Source: RFC 7517 §5. */
  @Get()
  @DescribeJwks()
  @Header('cache-control', `public, max-age=${jwksMaxAgeSeconds}`)
  jwks(): JSONWebKeySet {
    return this.keys.publishedKeys();
  }
}
