import type { Api } from '../../domain/apis/api';
import type { ApiStore } from '../../domain/apis/api-store';
import { canonicalResource, isSameResource } from '../../domain/clients/resource-identifier';
import { withNewSecret } from '../../domain/clients/client-secrets';
import type { ClientStore } from '../../domain/clients/client-store';
import type { Clock } from '../../platform/clock';
import type { Config } from '../../platform/config';
import { newId, newSecret } from '../../domain/credentials/secret';
import type { Events } from '../../domain/events/events';
import { AdminError, found } from './admin-error';
import { changedNames, type ChangeOptions } from './change-options';
import { assertMatch, type IfMatch, tagged } from './etag';
import { type ApiAnswer, apiAnswer, apiOfValues, readApi } from './api-fields';
import { type JsonObject, namesIn } from '../../platform/fields/fields';
import { endOfOld, type Overlap } from './overlap';
import { type PageAnswer, pageAnswer, type PageAsked } from './page-answer';

/** An API with its introspection secret, which only this response contains. Source: RFC 7662 §2.1. */
export type ApiWithSecret = ApiAnswer & { readonly client_id: string; readonly client_secret: string };

/** The administration of APIs. Every method may throw StoreUnavailableError. */
export class AdminApis {
  constructor(
    private readonly apis: ApiStore,
    private readonly clients: ClientStore,
    private readonly clock: Clock,
    private readonly config: Pick<Config, 'issuer'>,
  ) {}

  /** True for this server, which is a resource without registration: no API's secret may cover its tokens. */
  isIssuer(identifier: string): boolean {
    return isSameResource(identifier, this.config.issuer);
  }

  async page(asked: PageAsked): Promise<PageAnswer<ApiAnswer>> {
    const { limit, after = '' } = asked;
    const later = (await this.apis.list()).filter(({ id }) => id > after);
    return pageAnswer(later.slice(0, limit + 1), asked, ({ id }) => id, apiAnswer);
  }

  /** Throws: {@link AdminError} record_unknown. */
  async find(id: string): Promise<ApiAnswer> {
    return taggedAnswer(found(await this.apis.find(id)));
  }

  /** The id of the API with this id or identifier. Throws: {@link AdminError} record_unknown. */
  async idOf(name: string): Promise<string> {
    return found((await this.apis.find(name)) ?? (await this.apis.findByIdentifier(name))).id;
  }

  /** Throws: {@link AdminError}. */
  async add(record: JsonObject, events: Events, managed = false): Promise<ApiAnswer> {
    const api = apiOfValues(readApi(record), { id: newId(), ...(managed && { managed }) });
    const isTaken = this.isIssuer(api.identifier) || (await this.apis.findByIdentifier(api.identifier)) !== undefined;
    if (isTaken) throw new AdminError('already_exists');
    await events.announce({ type: 'api_added', apiId: api.id, changed: namesIn(record) });
    if (!(await this.apis.add(api))) throw new AdminError('already_exists');
    return taggedAnswer(api);
  }

  /** Throws: {@link AdminError}. Source: RFC 7396. */
  async change(
    id: string,
    patch: JsonObject,
    events: Events,
    { ifMatch, managed = false }: Partial<ChangeOptions> = {},
  ): Promise<ApiAnswer> {
    const changed = (before: Api) => {
      const after = changedApi(before, patch);
      assertMatch(ifMatch, before);
      return managed ? { ...after, managed } : after;
    };
    const known = found(await this.apis.find(id));
    changed(known);
    await events.announce({ type: 'api_changed', apiId: id, changed: changedNames(patch, managed, known) });
    return taggedAnswer(found(await this.apis.change(id, changed)));
  }

  /** Throws: {@link AdminError}. */
  async remove(id: string, events: Events, ifMatch?: IfMatch): Promise<void> {
    const api = found(await this.apis.find(id));
    const check = (stored: Api) => assertMatch(ifMatch, stored);
    const { identifier } = api;
    if (await this.clients.hasDefaultResource(canonicalResource(identifier) ?? identifier))
      throw new AdminError('api_in_use');
    check(api);
    await events.announce({ type: 'api_removed', apiId: id });
    if (!(await this.apis.remove(id, ifMatch && check))) throw new AdminError('record_unknown');
  }

  /** Generates another secret; the previous one is accepted for that many seconds more. Throws: {@link AdminError} record_unknown. */
  async addSecret(id: string, overlap: Overlap, events: Events): Promise<ApiWithSecret> {
    const secret = newSecret();
    const now = this.clock.now();
    found(await this.apis.find(id));
    await events.announce({ type: 'api_secret_added', apiId: id, changed: namesIn(overlap) });
    const changed = await this.apis.change(id, (api) => ({
      ...api,
      secrets: withNewSecret(api, secret, now, endOfOld(overlap, now)),
    }));
    const api = found(changed);
    return tagged({ ...apiAnswer(api), client_id: id, client_secret: secret }, api);
  }
}

function taggedAnswer(api: Api): ApiAnswer {
  return tagged(apiAnswer(api), api);
}

/** The API with the patch applied. Throws: FieldError. */
export function changedApi(api: Api, patch: JsonObject): Api {
  return apiOfValues(readApi(patch, api), api);
}
