import { freePort } from '../../../../test/support/run/free-port.ts';
import type { DpopKey } from '../../../../test/support/clients/dpop.ts';
import { codeFor, loggedIn, postToken, redemption } from '../../../../test/support/clients/pkce-login.ts';
import { registerApi, registerClient } from '../../../../test/support/clients/registered.ts';
import type { TestService } from '../../../../test/support/service/service.ts';
import { type ProtectedResource, protectedResource, type ProtectedResourceOptions } from '../../src/server/index.ts';

/** An API that is registered with the service, and a client that may use it. */
export interface TestApi {
  readonly port: number;
  /** Where it listens; its identifier is the same with the path `/notes`. */
  readonly origin: string;
  readonly identifier: string;
  readonly metadataUrl: string;
  /** As which it introspects. */
  readonly id: string;
  /** The client that its tokens are issued to. */
  readonly clientId: string;
  resource(options?: Partial<ProtectedResourceOptions>): ProtectedResource;
  /** An access token for it. */
  accessToken(options?: {
    readonly scope?: string;
    readonly key?: DpopKey;
    readonly audience?: string;
  }): Promise<string>;
}

export async function testApi(service: TestService): Promise<TestApi> {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const identifier = `${origin}/notes`;
  const { clientId } = await registerClient(service);
  const { id } = await registerApi(service, { identifier });
  return {
    port,
    origin,
    identifier,
    id,
    clientId,
    metadataUrl: `${origin}/.well-known/oauth-protected-resource/notes`,
    resource: (options = {}) =>
      protectedResource({
        issuer: service.url,
        resource: identifier,
        scopes: ['notes:read', 'notes:write'],
        now: () => service.clock.now(),
        ...options,
      }),
    accessToken: async ({ scope = 'notes:read', key, audience = identifier } = {}) => {
      const browser = await loggedIn(service);
      const resource = audience === service.url ? undefined : audience;
      const code = await codeFor(service, browser, { client_id: clientId, scope, resource });
      const proof = await key?.proof({ url: `${service.url}/token` });
      const { status, body } = await postToken(service, redemption(code), proof === undefined ? {} : { dpop: proof });
      if (status !== 200) throw new Error(`no token: ${JSON.stringify(body)}`);
      return String(body['access_token']);
    },
  };
}
