import { Injectable } from '@nestjs/common';
import { type Access, AccessRequests } from '../../domain/apis/access-requests';
import type { Client } from '../../domain/clients/client';
import { scopeStatement } from './scope-statement';

/** What a message must say of the access that it is signed for. */
@Injectable()
export class AccessStatements {
  constructor(private readonly access: AccessRequests) {}

  /** What a third party is given stands in the text that is signed; undefined where it need not. */
  async of({ firstParty, name }: Pick<Client, 'firstParty' | 'name'>, access: Access): Promise<string | undefined> {
    if (firstParty || (access.scope.length === 0 && access.audience === undefined)) return undefined;
    const described = await this.access.describe(access);
    return scopeStatement({ clientName: name, scope: access.scope, ...described });
  }
}
