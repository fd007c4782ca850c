import { type Reachable, redirectUri } from '../../../../test/support/clients/pkce-login.ts';
import { type Client, type ClientOptions, createClient } from '../../src/index.ts';

/** A client of the service: demo-spa, unless the options name another. */
export const clientOf = ({ url }: Reachable, options: Partial<ClientOptions> = {}): Client =>
  createClient({ issuer: url, clientId: 'demo-spa', redirectUri, ...options });
