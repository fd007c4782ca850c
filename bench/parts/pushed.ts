import { join } from 'node:path';
import { cpuRatio, type Part, partOf } from '../report';
import { alternate, type Contender } from '../rounds';
import { service } from '../servers';
import type { Settings } from '../settings';
import { installedPeers } from './peers';

/** Logins by a pushed request, with tokens that are bound to a key, beside node-oidc-provider's on memory. */
export async function measurePushed(settings: Settings): Promise<Part> {
  const bound = { model: 'pushed', scope: 'profile' } as const;
  const tessera: Contender = { ...bound, name: 'Tessera: PAR and DPoP', server: service() };
  const oidcProvider: Contender = {
    model: 'pushed',
    scope: 'api:read',
    name: 'oidc-provider on memory: PAR and DPoP',
    server: {
      args: [join(installedPeers(settings), 'oidc-provider-server.mjs')],
      env: { ALG: 'ES256', STORE: 'memory', NODE_ENV: 'production' },
      readyPath: '/__ops',
    },
    client: { client_id: 'bench', redirect_uri: 'http://127.0.0.1:9999/cb' },
  };
  const [ours, theirs] = await alternate([tessera, oidcProvider], settings);
  return partOf(
    {
      title: 'Pushed requests and DPoP, to oidc-provider',
      about:
        'CPU of a complete login in a browser that has logged in, whose client pushes its request (RFC 9126) and has its ' +
        'token bound to a key (RFC 9449), with a proof at both endpoints. The peer is that of `../shared/peers`.',
    },
    settings,
    [cpuRatio('PAR and DPoP, ES256, to oidc-provider on memory', ours, theirs, 0.6)],
    [ours, theirs],
  );
}
