import { Inject, Injectable } from '@nestjs/common';
import { hashSecret } from '../../domain/credentials/secret';
import type { Client } from '../../domain/clients/client';
import { ClientStore } from '../../domain/clients/client-store';
import { CONFIG, type Config } from '../../platform/config';
import { scopes } from '../../domain/clients/scope';
import { demoUserId } from '../../domain/identity/demo-accounts';
import { UserStore } from '../../domain/identity/user-store';

/** Hash of the public `password0`: hashing it anew would be the longest part of a first start. */
const passwordHash =
  '$argon2id$v=19$m=19456,t=2,p=1$p5kyupbV+e31DGny50mkCQ$eCY+v0qk3ee3t3w0KxOdavo3/YjE+DSM1p0iRF5JF8Q';

/** The accounts and clients of a development store. Source: docs/http-api.md, section Settings. */
@Injectable()
export class DemoSeed {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly users: UserStore,
    private readonly clients: ClientStore,
  ) {}

  async save(): Promise<void> {
    await Promise.all([this.saveClients(), this.saveUser()]);
  }

  private async saveClients(): Promise<void> {
    for (const client of this.demoClients()) await this.clients.save(client);
  }

  private async saveUser(): Promise<void> {
    const user = await this.users.findByUsername('user0');
    if (user !== undefined) return;
    await this.users.save({ id: demoUserId, username: 'user0', passwordHash, demo: true });
  }

  private demoClients(): Client[] {
    const origin = `http://localhost:${this.config.port}`;
    const base = { scopes, idTokenAlgorithm: this.config.signingAlgorithm, firstParty: true, demo: true } as const;
    return [
      {
        ...base,
        clientId: 'demo-client',
        name: 'Demo web application',
        authentication: 'client_secret',
        secrets: [{ hash: hashSecret('demo-secret') }],
        redirectUris: [`${origin}/demo/web/callback`, 'http://127.0.0.1/callback'],
      },
      {
        ...base,
        clientId: 'demo-spa',
        name: 'Demo single-page application',
        authentication: 'none',
        redirectUris: [`${origin}/demo/spa/callback`, 'http://127.0.0.1/callback'],
        postLogoutRedirectUris: ['http://127.0.0.1/'],
      },
      {
        ...base,
        clientId: 'demo-dapp',
        name: 'Demo dApp',
        authentication: 'none',
        redirectUris: [],
        walletOrigin: origin,
      },
      {
        ...base,
        clientId: 'demo-partner',
        name: 'Demo partner',
        authentication: 'none',
        redirectUris: ['http://127.0.0.1/partner'],
        firstParty: false,
      },
    ];
  }
}
