import { Injectable } from '@nestjs/common';
import { ClientStore } from './client-store';
import { registeredName } from './origins';
import { RegisteredOrigins } from './registered-origins';

/** Looks an origin up in the index of the clients: one question to the store, however many clients there are. */
@Injectable()
export class IndexedOrigins extends RegisteredOrigins {
  constructor(private readonly clients: ClientStore) {
    super();
  }

  async includes(origin: string): Promise<boolean> {
    const name = registeredName(origin);
    return name !== undefined && this.clients.hasOrigin(name);
  }
}
