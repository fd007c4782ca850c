import { Injectable } from '@nestjs/common';
import { ClientStore } from './client-store';
import { registeredNames } from './origins';
import { RegisteredOrigins } from '../../platform/http/registered-origins';

/** Looks an origin up in the index of the clients: one question to the store or two, however many clients there are. */
@Injectable()
export class IndexedOrigins extends RegisteredOrigins {
  constructor(private readonly clients: ClientStore) {
    super();
  }

  async includes(origin: string): Promise<boolean> {
    for (const name of registeredNames(origin)) if (await this.clients.hasOrigin(name)) return true;
    return false;
  }
}
