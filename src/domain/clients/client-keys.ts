import { Injectable } from '@nestjs/common';
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { type Client, isSelfRegistered } from './client';
import { keyFinder } from './key-finder';
import { RemoteKeys } from './remote-keys';
import { usableKeys } from './usable-keys';

const none: JSONWebKeySet = { keys: [] };

/** The public keys that clients sign with. */
@Injectable()
export class ClientKeys {
  /** Lives as long as its cached client: a key is imported once, not for each signature. */
  private readonly finders = new WeakMap<JSONWebKeySet, JWTVerifyGetKey>();

  constructor(private readonly remote: RemoteKeys) {}

  /** Finds the client's key that a JWS header names. Throws: a JOSEError when there is none. Source: RFC 7517 §4. */
  of(client: Pick<Client, 'jwks' | 'jwksUri' | 'registeredBy'>): JWTVerifyGetKey {
    const { jwks = none, jwksUri } = client;
    if (jwksUri !== undefined) return this.remote.at(jwksUri, isSelfRegistered(client) ? 'untrusted' : 'us');
    const known = this.finders.get(jwks);
    if (known !== undefined) return known;
    // Validated when read: keys that cannot verify are left out.
    const finder = keyFinder(usableKeys(jwks) ?? none);
    this.finders.set(jwks, finder);
    return finder;
  }
}
