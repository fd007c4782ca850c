import type { Access, AccessRefusal, AskedAccess } from '../../domain/apis/access-requests';
import type { GrantedAudience } from '../../domain/apis/granted-audience';
import type { Client } from '../../domain/clients/client';
import { isRegisteredRedirectUri } from '../../domain/clients/redirect-uri';
import { parseScope } from '../../domain/clients/scope';
import { isCodeChallenge } from '../../domain/credentials/pkce';
import type { Config } from '../../platform/config';
import type { Parameters } from '../../platform/http/parameters';
import { AuthorizationError, type authorizationErrors } from './authorization-error';
import { OAuthError } from './oauth-error';

/** A request whose errors may be answered by redirect. Source: RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1. */
export interface AuthorizationRequest {
  readonly client: Client;
  readonly redirectUri: string;
  readonly state: string | undefined;
  readonly codeChallenge: string;
  /** The requested scope, as far as this client may have it. */
  readonly scope: readonly string[];
  /** Absent: this server alone. */
  readonly audience?: GrantedAudience;
  readonly oidcNonce: string | undefined;
  /** RFC 7638 thumbprint of the key that the code is bound to. Source: RFC 9449 §10. */
  readonly dpopJkt: string | undefined;
  readonly prompt: readonly string[];
  /** Most seconds since the login. */
  readonly maxAge: number | undefined;
  /** As sent: a list. */
  readonly acrValues: string | undefined;
}

/** Source: OpenID Connect Core §3.1.2.1. */
const prompts = ['none', 'login', 'consent', 'select_account'] as const;

/** The values of `prompt`; `create` where anybody may sign up. Source: Initiating User Registration 1.0 §4. */
export function promptsOf({ signUp }: Pick<Config, 'signUp'>): readonly string[] {
  return signUp ? [...prompts, 'create'] : prompts;
}

export const longestNonce = 512;

/**
 * Checks a request in the order of docs/http-api.md. Throws: {@link OAuthError}, shown by this server, while the client or the
 * protection of its code is in doubt; then {@link AuthorizationError}, sent by redirect.
 */
export async function checkAuthorizationRequest(
  parameters: Parameters,
  findClient: (clientId: string) => Client | undefined | Promise<Client | undefined>,
  decideAccess: (client: Client, asked: AskedAccess) => Promise<Access | AccessRefusal>,
  config: Pick<Config, 'signUp'>,
): Promise<AuthorizationRequest> {
  if (parameters.hasRepeated('resource')) throw new OAuthError('parameter_repeated');
  const client = await findClient(parameters.get('client_id') ?? '');
  if (client === undefined) throw new OAuthError('client_unknown');
  const redirectUri = parameters.get('redirect_uri');
  if (redirectUri === undefined || !isRegisteredRedirectUri(redirectUri, client)) {
    throw new OAuthError('redirect_uri_unregistered');
  }
  const state = parameters.get('state');
  if (state === undefined && client.requireState !== false) throw new OAuthError('state_required');
  const codeChallenge = parameters.get('code_challenge');
  if (codeChallenge === undefined) throw new OAuthError('code_challenge_required');
  // An absent method means plain, which would send the secret itself. Source: RFC 7636 §4.3.
  if (parameters.get('code_challenge_method') !== 'S256') throw new OAuthError('code_challenge_method_unsupported');
  if (!isCodeChallenge(codeChallenge)) throw new OAuthError('code_challenge_malformed');

  const refuse = (reason: keyof typeof authorizationErrors): never => {
    throw new AuthorizationError(reason, { client, redirectUri, state });
  };
  // Source: RFC 6749 §4.1.2.1, RFC 7591 §2.
  if (client.grantTypes?.includes('authorization_code') === false) refuse('grant_type_unregistered');
  const responseType = parameters.get('response_type') ?? refuse('response_type_required');
  if (parameters.get('request') !== undefined) refuse('request_unsupported');
  if (parameters.get('request_uri') !== undefined) refuse('request_uri_unsupported');
  if (responseType !== 'code') refuse('response_type_unsupported');
  if ((parameters.get('response_mode') ?? 'query') !== 'query') refuse('response_mode_unsupported');
  const prompt = parseScope(parameters.get('prompt'));
  const nonePlus = prompt.includes('none') && prompt.length > 1;
  if (nonePlus || !prompt.every((each) => promptsOf(config).includes(each))) refuse('prompt_malformed');
  const maxAge = parameters.get('max_age');
  if (maxAge !== undefined && !/^\d{1,9}$/.test(maxAge)) refuse('max_age_malformed');
  const oidcNonce = parameters.get('nonce');
  if (oidcNonce !== undefined && oidcNonce.length > longestNonce) refuse('nonce_too_long');
  const dpopJkt = parameters.get('dpop_jkt');
  // A thumbprint is a SHA-256, like a code_challenge.
  if (dpopJkt !== undefined && !isCodeChallenge(dpopJkt)) refuse('dpop_jkt_malformed');
  const asked = { scope: parseScope(parameters.get('scope')), resources: parameters.getAll('resource') };
  const access = await decideAccess(client, asked);
  if (typeof access === 'string') return refuse(access);
  return {
    client,
    redirectUri,
    state,
    codeChallenge,
    ...access,
    oidcNonce,
    dpopJkt,
    prompt,
    maxAge: maxAge === undefined ? undefined : Number(maxAge),
    acrValues: parameters.get('acr_values'),
  };
}
