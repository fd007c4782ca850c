import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { type Client, mayRefresh } from './client';
import { ClientStore } from './client-store';

const [hour, day] = [3_600_000, 86_400_000];

/** Milliseconds after which an unused client that no administrator registered is removed. */
export const unusedClientKeptMs = day;

/** Keeps self-registered clients for as long as somebody uses them. */
@Injectable()
export class ClientUses {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly clients: ClientStore,
  ) {}

  /**
   * Records a login with the client, which keeps it for another day, or while the login can be refreshed; at most one write an
   * hour. Rejects with StoreUnavailableError.
   */
  async record(client: Client, scope: readonly string[]): Promise<void> {
    if (client.expiresAt === undefined) return;
    const { refreshTokenTtl } = this.config;
    const lasts = mayRefresh(client, scope) ? Math.max(day, refreshTokenTtl * 1000) : day;
    const expiresAt = this.clock.now() + lasts;
    if (client.expiresAt > expiresAt - hour) return;
    await this.clients.change(client.clientId, (before) =>
      before.expiresAt === undefined ? before : { ...before, expiresAt: Math.max(before.expiresAt, expiresAt) },
    );
  }
}
