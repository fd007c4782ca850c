import { Inject, Injectable } from '@nestjs/common';
import { type Client, isSelfRegistered } from '../clients/client';
import { describeScope, isOwnScope } from '../clients/scope';
import { CONFIG, type Config } from '../../platform/config';
import { ApiStore } from './api-store';
import type { GrantedAudience, GrantedResource } from './granted-audience';
import { canonicalResource } from '../clients/resource-identifier';

/** Resource indicators in one request: each unknown one costs a read. */
export const resourcesAtMost = 10;

/** What a client asks for, as sent. */
export interface AskedAccess {
  /** Distinct scope names. */
  readonly scope: readonly string[];
  readonly resources: readonly string[];
}

type AskingClient = Pick<Client, 'scopes' | 'defaultResource' | 'registeredBy' | 'everyScope'>;

/** The part of the request that the client may have. */
export interface Access {
  readonly scope: readonly string[];
  readonly audience?: GrantedAudience;
}

/** A resource that is neither this server nor an API open to the client, or too many resources; or no scope is left. */
export type AccessRefusal = 'resource_unknown' | 'scope_unknown';

/** What an access allows, in words for the end-user who is asked for consent. */
export interface DescribedAccess {
  /** At this server. */
  readonly own: readonly string[];
  readonly apis: readonly { readonly name: string; readonly allows: readonly string[] }[];
}

/** Decides which scopes and resources a client may have, in both models. */
@Injectable()
export class AccessRequests {
  /** This server, as a resource. */
  private readonly issuer: string | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly apis: ApiStore,
  ) {
    this.issuer = canonicalResource(config.issuer);
  }

  /**
   * Drops scopes that are unknown at the requested resources or not allowed to the client. Source: RFC 8707 §2.1, OpenID
   * Connect Core §3.1.2.1, docs/http-api.md.
   */
  async decide(client: AskingClient, asked: AskedAccess): Promise<Access | AccessRefusal> {
    const ofApis = (name: string) => client.everyScope === true && !isOwnScope(name);
    const allowed = asked.scope.filter((name) => client.scopes.includes(name) || ofApis(name));
    const audience = await this.audienceOf(client, asked.resources, allowed);
    if (audience === 'resource_unknown') return audience;
    const granted = new Set(audience?.resources.flatMap(({ scope }) => scope));
    const scope = allowed.filter((name) => isOwnScope(name) || granted.has(name));
    if (asked.scope.length > 0 && scope.length === 0) return 'scope_unknown';
    return { scope, ...(audience !== undefined && { audience }) };
  }

  /** In the order of the granted scopes. */
  async describe({ scope, audience }: Access): Promise<DescribedAccess> {
    const apis: DescribedAccess['apis'][number][] = [];
    for (const { identifier, scope: names } of audience?.resources ?? []) {
      const api = this.isIssuer(identifier) ? undefined : await this.apis.findByIdentifier(identifier);
      if (api === undefined) continue;
      const allows = api.scopes.filter(({ name }) => names.includes(name)).map(({ description }) => description);
      apis.push({ name: api.name, allows });
    }
    return { own: scope.filter(isOwnScope).map(describeScope), apis };
  }

  /** True for this server, as a resource. */
  isIssuer(resource: string): boolean {
    return this.issuer !== undefined && canonicalResource(resource) === this.issuer;
  }

  /** Undefined: this server alone. */
  private async audienceOf(
    client: AskingClient,
    resources: readonly string[],
    allowed: readonly string[],
  ): Promise<GrantedAudience | 'resource_unknown' | undefined> {
    const { defaultResource } = client;
    const together = resources.length === 0 && defaultResource !== undefined;
    const asked = new Set((together ? [defaultResource] : resources).map(canonicalResource));
    if (asked.size > resourcesAtMost) return 'resource_unknown';
    const granted: GrantedResource[] = [];
    for (const resource of asked) {
      const at = await this.grantedAt(client, resource, allowed);
      if (at === undefined) return 'resource_unknown';
      granted.push(at);
    }
    if (together && allowed.includes('openid')) granted.push(this.grantedHere(allowed));
    if (granted.every(({ identifier }) => identifier === this.config.issuer)) return undefined;
    return { together, resources: granted };
  }

  /** Undefined for a resource that is not registered or not open to this client. */
  private async grantedAt(
    client: AskingClient,
    resource: string | undefined,
    allowed: readonly string[],
  ): Promise<GrantedResource | undefined> {
    if (resource === undefined) return undefined;
    if (this.isIssuer(resource)) return this.grantedHere(allowed);
    const api = await this.apis.findByIdentifier(resource);
    if (api === undefined || (isSelfRegistered(client) && !api.allowRegisteredClients)) return undefined;
    // An API cannot redefine a scope name of this server.
    const names = new Set(api.scopes.map(({ name }) => name).filter((name) => !isOwnScope(name)));
    return { identifier: api.identifier, scope: allowed.filter((name) => names.has(name)) };
  }

  private grantedHere(allowed: readonly string[]): GrantedResource {
    return { identifier: this.config.issuer, scope: allowed.filter(isOwnScope) };
  }
}
