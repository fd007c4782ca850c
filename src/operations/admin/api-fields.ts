import * as z from 'zod';
import { type Api, apiScopeName, apiTextLimits, longestAccessTokenLifetime } from '../../domain/apis/api';
import { canonicalResource, longestIdentifier } from '../../domain/clients/resource-identifier';
import { scopes as ownScopes } from '../../domain/clients/scope';
import { FieldError } from '../../platform/fields/field-error';
import {
  allowedIn,
  field,
  type Fields,
  type JsonObject,
  patched,
  readFields,
  type ValuesOf,
} from '../../platform/fields/fields';
import { flagField, numberField, ruledField, textField } from '../../platform/fields/field-kinds';

const mostScopes = 100;

/** The fields of an API. Source: docs/http-api.md, section Administration. */
export const apiFields = {
  identifier: ruledField(
    (text) => canonicalResource(text) !== undefined,
    `an absolute URI without fragment, of at most ${longestIdentifier} characters`,
    'the aud of its tokens; never changes',
  ),
  name: textField(apiTextLimits.name, 'what end-users read; the identifier by default'),
  scopes: scopesField(),
  allow_registered_clients: flagField('whether clients that registered themselves may ask for it; false by default'),
  access_token_lifetime: numberField(1, longestAccessTokenLifetime, 'seconds; ACCESS_TOKEN_TTL by default'),
} satisfies Fields;

export type ApiValues = ValuesOf<typeof apiFields>;

/** An API as the administration returns it: never a secret. */
export type ApiAnswer = ApiValues & { readonly id: string; readonly managed: boolean };

/** Parses the fields of a new API, or of a change to `before`. Throws: {@link FieldError}. */
export function readApi(sent: JsonObject, before?: Api): ApiValues {
  const values = readFields(apiFields, before === undefined ? patched(apiFields, {}, sent) : changed(before, sent));
  if (values.identifier === undefined) throw new FieldError('identifier', allowedIn(apiFields.identifier));
  return values;
}

function changed(before: Api, sent: JsonObject): JsonObject {
  const { id, identifier, managed = false } = before;
  return patched(apiFields, valuesOfApi(before), sent, { id, identifier, managed });
}

/** The API with these values; fields of `before` that are not among them stay. */
export function apiOfValues(values: ApiValues, before: Pick<Api, 'id' | 'secrets' | 'managed'>): Api {
  const { identifier = '', name, scopes = [], access_token_lifetime: accessTokenLifetime } = values;
  const { id, secrets, managed } = before;
  return {
    id,
    identifier,
    name: name ?? identifier.slice(0, apiTextLimits.name),
    scopes,
    allowRegisteredClients: values.allow_registered_clients ?? false,
    ...(accessTokenLifetime !== undefined && { accessTokenLifetime }),
    ...(secrets !== undefined && { secrets }),
    ...(managed !== undefined && { managed }),
  };
}

export function valuesOfApi(api: Api): ApiValues {
  const { identifier, name, scopes, allowRegisteredClients, accessTokenLifetime } = api;
  return {
    identifier,
    name,
    scopes: scopes.map(({ name: scope, description }) => ({ name: scope, description })),
    allow_registered_clients: allowRegisteredClients,
    ...(accessTokenLifetime !== undefined && { access_token_lifetime: accessTokenLifetime }),
  };
}

export function apiAnswer(api: Api): ApiAnswer {
  return { id: api.id, managed: api.managed ?? false, ...valuesOfApi(api) };
}

function scopesField() {
  const scope = z.strictObject({
    name: z
      .string()
      .max(100)
      .regex(apiScopeName)
      .refine((name) => !ownScopes.some((own) => own === name)),
    description: textField(apiTextLimits.description, 'what it allows'),
  });
  return field(
    z
      .array(scope)
      .max(mostScopes)
      .refine((list) => new Set(list.map(({ name }) => name)).size === list.length),
    `a list of at most ${mostScopes} objects with name (of RFC 3986's characters, at most 100, none of ${ownScopes.join(' ')}, each once) and description (at most ${apiTextLimits.description} characters)`,
    'what can be granted at it, as name="What it allows"',
  );
}
