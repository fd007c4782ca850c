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
import { type ApiAnswer, apiAnswer, apiOfValues, readApi } from './api-fields';
import type { JsonObject } from '../../platform/fields/fields';
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
    return apiAnswer(found(await this.apis.find(id)));
  }

  /** The id of the API with this id or identifier. Throws: {@link AdminError} record_unknown. */
  async idOf(name: string): Promise<string> {
    return found((await this.apis.find(name)) ?? (await this.apis.findByIdentifier(name))).id;
  }

  /** Throws: {@link AdminError}. */
  async add(record: JsonObject, events: Events): Promise<ApiAnswer> {
    const api = apiOfValues(readApi(record), { id: newId() });
    if (this.isIssuer(api.identifier) || !(await this.apis.add(api))) throw new AdminError('already_exists');
    events.emit({ type: 'api_added', apiId: api.id });
    return apiAnswer(api);
  }

  /** Throws: {@link AdminError}. Source: RFC 7396. */
  async change(id: string, patch: JsonObject, events: Events): Promise<ApiAnswer> {
    const api = found(await this.apis.change(id, (before) => changedApi(before, patch)));
    events.emit({ type: 'api_changed', apiId: id });
    return apiAnswer(api);
  }

  /** Throws: {@link AdminError}. */
  async remove(id: string, events: Events): Promise<void> {
    const { identifier } = found(await this.apis.find(id));
    if (await this.clients.hasDefaultResource(canonicalResource(identifier) ?? identifier))
      throw new AdminError('api_in_use');
    await this.apis.remove(id);
    events.emit({ type: 'api_removed', apiId: id });
  }

  /** Generates another secret; the previous one is accepted for `oldForSeconds` more. Throws: {@link AdminError} record_unknown. */
  async addSecret(id: string, oldForSeconds: number, events: Events): Promise<ApiWithSecret> {
    const secret = newSecret();
    const now = this.clock.now();
    const changed = await this.apis.change(id, (api) => ({
      ...api,
      secrets: withNewSecret(api, secret, now, now + oldForSeconds * 1000),
    }));
    const api = found(changed);
    events.emit({ type: 'api_secret_added', apiId: id });
    return { ...apiAnswer(api), client_id: id, client_secret: secret };
  }
}

/** The API with the patch applied. Throws: FieldError. */
export function changedApi(api: Api, patch: JsonObject): Api {
  return apiOfValues(readApi(patch, api), api);
}
