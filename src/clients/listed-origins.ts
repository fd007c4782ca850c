import { Injectable } from '@nestjs/common';
import { ClientStore } from './client-store';
import { RegisteredOrigins, registersOrigin } from './registered-origins';

/** Looks through all clients at each question. */
@Injectable()
export class ListedOrigins extends RegisteredOrigins {
  constructor(private readonly clients: ClientStore) {
    super();
  }

  async includes(origin: string): Promise<boolean> {
    return registersOrigin(await this.clients.list(), origin);
  }
}
