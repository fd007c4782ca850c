import { Injectable } from '@nestjs/common';
import { ClientStore } from './client-store';
import { registeredNames } from './origins';
import { RegisteredOrigins } from '../../platform/http/registered-origins';

/** Looks an origin up in the clients' index: at most two store reads, however many clients there are. */
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
