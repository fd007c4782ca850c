import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { type Client, mayRefresh } from './client';
import { ClientStore } from './client-store';

const [hour, day] = [3_600_000, 86_400_000];

/** For so long a client that nobody logs in with is kept, where no administrator registered it; milliseconds. */
export const unusedClientKeptMs = day;

/** Keeps clients that registered themselves for as long as somebody uses them. */
@Injectable()
export class ClientUses {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly clients: ClientStore,
  ) {}

  /**
   * Tells that somebody logs in with the client. From now on it is kept for another day, or while the login can be refreshed;
   * one write an hour at most. Rejects with StoreUnavailableError.
   */
  async tell(client: Client, scope: readonly string[]): Promise<void> {
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
