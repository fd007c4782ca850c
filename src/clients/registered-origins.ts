import type { Client } from './client';
import { isLoopbackIp } from './redirect-uri';

/** True when the origin is that of a redirect URI or of a dApp; on a loopback IP address any port is. Source: RFC 8252 §7.3. */
export function registersOrigin(clients: readonly Client[], origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const asked = new URL(origin);
  return clients
    .flatMap((client) => [...client.redirectUris, ...(client.walletOrigin === undefined ? [] : [client.walletOrigin])])
    .map((uri) => new URL(uri))
    .some(
      (registered) =>
        registered.origin === origin ||
        (isLoopbackIp(registered) && registered.protocol === asked.protocol && registered.hostname === asked.hostname),
    );
}

/** Knows from which origins pages of registered clients come. */
export abstract class RegisteredOrigins {
  /** `origin`: of a request's header, as it was sent. Rejects with StoreUnavailableError. */
  abstract includes(origin: string): Promise<boolean>;
}
