import { Inject, Injectable } from '@nestjs/common';
import { ApiStore } from '../apis/api-store';
import { type GrantedResource, grantedResources } from '../apis/granted-audience';
import type { Grant } from '../challenges/grant';
import { isOwnScope } from '../clients/scope';
import { CONFIG, type Config } from '../../platform/config';
import { TokenError } from './token-error';

/** The audience of an access token, with its scope and lifetime. */
export interface TokenAudience {
  /** The claim `aud`. */
  readonly aud: string | readonly string[];
  readonly scope: readonly string[];
  /** Seconds. */
  readonly lifetime: number;
}

type Granted = Pick<Grant, 'scope' | 'audience'>;

interface AvailableResource extends GrantedResource {
  /** Seconds; undefined: ACCESS_TOKEN_TTL. */
  readonly lifetime?: number | undefined;
}

/** Decides the audience of a grant's access tokens. Source: RFC 8707 §2.2, docs/http-api.md. */
@Injectable()
export class Audiences {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly apis: ApiStore,
  ) {}

  /** True when the resource was granted and still exists. */
  async includes(granted: Granted, resource: string): Promise<boolean> {
    return (await this.available(granted, resource)).length > 0;
  }

  /**
   * True when a token for the resource (by default as in {@link of}) would carry any of these scopes, or one of them is about
   * the login itself.
   */
  async includesScope(granted: Granted, resource: string | undefined, scope: readonly string[]): Promise<boolean> {
    const asked = scope.filter((name) => granted.scope.includes(name));
    if (granted.audience === undefined || asked.some(isOwnScope)) return asked.length > 0;
    const meant = tokenResources(granted, await this.available(granted, resource), resource);
    return asked.some((name) => meant.some((each) => each.scope.includes(name)));
  }

  /**
   * The part of the scope that belongs to the resource; by default to the first one, or to all where one token covers them.
   * Throws: {@link TokenError} when no API of the grant is registered any more.
   */
  async of(grant: Granted, resource: string | undefined): Promise<TokenAudience> {
    const { issuer, accessTokenTtl } = this.config;
    if (grant.audience === undefined) return { aud: issuer, scope: grant.scope, lifetime: accessTokenTtl };
    const together = tokenResources(grant, await this.available(grant, resource), resource);
    const [first] = together;
    if (first === undefined) throw new TokenError('resource_unregistered');
    return {
      aud: together.length === 1 ? first.identifier : together.map(({ identifier }) => identifier),
      scope: grant.scope.filter((name) => together.some(({ scope }) => scope.includes(name))),
      lifetime: first.lifetime ?? accessTokenTtl,
    };
  }

  /** The part of the grant that still exists: an API may have dropped a scope, or be removed. */
  private async available(granted: Granted, resource: string | undefined): Promise<AvailableResource[]> {
    const { issuer } = this.config;
    const available: AvailableResource[] = [];
    for (const at of grantedResources(granted, issuer, resource)) {
      if (at.identifier === issuer) {
        available.push(at);
        continue;
      }
      const api = await this.apis.findByIdentifier(at.identifier);
      if (api === undefined) continue;
      const scope = at.scope.filter((name) => api.scopes.some((each) => each.name === name));
      available.push({ identifier: at.identifier, scope, lifetime: api.accessTokenLifetime });
    }
    return available;
  }
}

/** The resources of one token: all if granted together, else the first. */
function tokenResources(
  { audience }: Granted,
  available: readonly AvailableResource[],
  resource: string | undefined,
): readonly AvailableResource[] {
  return resource === undefined && audience?.together === true ? available : available.slice(0, 1);
}
