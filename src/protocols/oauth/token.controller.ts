import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Client, type GrantType, grantTypes } from '../../domain/clients/client';
import { parseScope } from '../../domain/clients/scope';
import { Clock } from '../../platform/clock';
import { arrivalOf } from '../../platform/http/arrival';
import { formOf } from '../../platform/http/bodies';
import { Endpoint } from '../../platform/http/endpoint';
import type { LoginStep } from '../../platform/http/login-step';
import { Parameters } from '../../platform/http/parameters';
import { DpopProofs } from '../../domain/tokens/dpop-proofs';
import { dpopRequestOf } from '../../domain/tokens/dpop-request';
import type { TokenResponse } from '../../domain/tokens/token-response.openapi';
import { assertNoneRepeated, client, clientIdOf } from './client-authentication';
import { ClientCredentialsFlow } from './client-credentials.flow';
import { OAuthError } from './oauth-error';
import { RedeemCodeFlow } from './redeem-code.flow';
import { RefreshFlow } from './refresh.flow';
import { tokenOperation } from './token.openapi';

const redemption: LoginStep = { model: 'pkce', step: 'token', place: 4 };
/** The tokens of both models are refreshed here. */
const rotation: LoginStep = { model: 'both', step: 'refresh', place: 1 };

/** The token endpoint. Source: RFC 6749 §3.2. */
@Controller()
export class TokenController {
  constructor(
    private readonly clock: Clock,
    private readonly dpop: DpopProofs,
    private readonly redeemCode: RedeemCodeFlow,
    private readonly refresh: RefreshFlow,
    private readonly clientCredentials: ClientCredentialsFlow,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/token',
    access: client,
    precondition: (request) => void grantTypeOf(request),
    body: 'form',
    origins: 'registered',
    limit: { name: 'token', address: 600, subject: 300, subjectOf: clientIdOf },
    step: { steps: [redemption, rotation], of: ({ body }) => stepOf(body) },
    redeems: ({ body }) => (body instanceof Parameters ? body.get('code') : undefined),
    metadata: 'token_endpoint',
    describe: tokenOperation,
  })
  async token(request: FastifyRequest, reply: FastifyReply, caller: Client): Promise<TokenResponse> {
    const arrivedAt = arrivalOf(reply, this.clock.now());
    const [form, grantType] = [formOf(request), grantTypeOf(request)];
    const { events } = request;
    const [resource, ...others] = form.getAll('resource');
    if (others.length > 0) throw new OAuthError('resource_repeated');
    const jkt = await this.dpop.prove(dpopRequestOf(request, reply), caller);
    const scope = parseScope(form.get('scope'));
    if (grantType === 'client_credentials') {
      return this.clientCredentials.issue({ client: caller, scope, resource, jkt, events });
    }
    if (grantType === 'refresh_token') {
      const refreshToken = form.get('refresh_token');
      return this.refresh.refresh({ client: caller, refreshToken, scope, resource, jkt, events });
    }
    const [code, redirectUri, codeVerifier] = [form.get('code'), form.get('redirect_uri'), form.get('code_verifier')];
    return this.redeemCode.redeem({
      client: caller,
      code,
      redirectUri,
      codeVerifier,
      resource,
      jkt,
      arrivedAt,
      events,
    });
  }
}

/** Throws: {@link OAuthError}. */
function grantTypeOf(request: FastifyRequest): GrantType {
  assertNoneRepeated(request, 'resource');
  const grantType = formOf(request).get('grant_type');
  if (grantType === undefined) throw new OAuthError('grant_type_required');
  if (!isGrantType(grantType)) throw new OAuthError('grant_type_unsupported');
  return grantType;
}

function isGrantType(text: string): text is GrantType {
  return grantTypes.some((each) => each === text);
}

/** A client's own token is no login. */
function stepOf(body: unknown): LoginStep | undefined {
  const grantType = body instanceof Parameters ? body.get('grant_type') : undefined;
  if (grantType === 'client_credentials') return undefined;
  return grantType === 'refresh_token' ? rotation : redemption;
}
