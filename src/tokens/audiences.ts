import { Inject, Injectable } from '@nestjs/common';
import { ApiStore } from '../apis/api-store';
import { type GrantedResource, grantedResources } from '../apis/granted-audience';
import type { Grant } from '../challenges/grant';
import { isOwnScope } from '../clients/scope';
import { CONFIG, type Config } from '../config';
import { TokenError } from './token-error';

/** What an access token is for. */
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

/** Says for whom an access token of a grant is. Source: RFC 8707 §2.2, docs/http-api.md. */
@Injectable()
export class Audiences {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly apis: ApiStore,
  ) {}

  /** True when tokens for the resource were granted and can still be had. */
  async includes(granted: Granted, resource: string): Promise<boolean> {
    return (await this.available(granted, resource)).length > 0;
  }

  /** True when of these scopes any was granted at the resource, or here, where they are about the login itself. */
  async includesScope(granted: Granted, resource: string, scope: readonly string[]): Promise<boolean> {
    const available = await this.available(granted, resource);
    return scope.some(
      (name) =>
        granted.scope.includes(name) && (isOwnScope(name) || available.some((each) => each.scope.includes(name))),
    );
  }

  /**
   * Of the scope what belongs to the resource; where none is named, to the first, or to all where a token is for them
   * together. Throws: {@link TokenError} when no API of the grant is registered any more.
   */
  async of(grant: Granted, resource: string | undefined): Promise<TokenAudience> {
    const { issuer, accessTokenTtl } = this.config;
    if (grant.audience === undefined) return { aud: issuer, scope: grant.scope, lifetime: accessTokenTtl };
    const available = await this.available(grant, resource);
    const [first, ...others] = available;
    if (first === undefined) throw new TokenError('resource_unregistered');
    const together = resource === undefined && grant.audience.together ? [first, ...others] : [first];
    return {
      aud: together.length === 1 ? first.identifier : together.map(({ identifier }) => identifier),
      scope: grant.scope.filter((name) => together.some(({ scope }) => scope.includes(name))),
      lifetime: first.lifetime ?? accessTokenTtl,
    };
  }

  /** What of the grant there is now: an API may have given up a scope, or be gone. */
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
