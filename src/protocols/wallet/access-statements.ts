import { Injectable } from '@nestjs/common';
import { type Access, AccessRequests } from '../../domain/apis/access-requests';
import type { Client } from '../../domain/clients/client';
import { scopeStatement } from './scope-statement';

/** Builds the statement of a message about the access that it grants. */
@Injectable()
export class AccessStatements {
  constructor(private readonly access: AccessRequests) {}

  /** What a third party will be able to do is part of the signed text; undefined where that is not needed. */
  async of({ firstParty, name }: Pick<Client, 'firstParty' | 'name'>, access: Access): Promise<string | undefined> {
    if (firstParty || (access.scope.length === 0 && access.audience === undefined)) return undefined;
    const described = await this.access.describe(access);
    return scopeStatement({ clientName: name, scope: access.scope, ...described });
  }
}
