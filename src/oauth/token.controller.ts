import { Body, Controller, Header, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseScope } from '../clients/scope';
import { Clock } from '../clock';
import { CONFIG, type Config } from '../config';
import { arrivalOf } from '../http/arrival';
import { formOf } from '../http/bodies';
import { RateLimiter } from '../http/rate-limiter';
import type { TokenResponse } from '../tokens/token-issuer';
import { ClientAuthentication } from './client-authentication';
import { OAuthError } from './oauth-error';
import { RedeemCodeFlow } from './redeem-code.flow';
import { RefreshFlow } from './refresh.flow';
import { isOwnResource } from './resource';
import { DescribeToken } from './token.openapi';

export const grantTypes = ['authorization_code', 'refresh_token'];

/** The token endpoint. Source: RFC 6749 §3.2. */
@Controller('token')
export class TokenController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly rateLimiter: RateLimiter,
    private readonly clientAuthentication: ClientAuthentication,
    private readonly redeemCode: RedeemCodeFlow,
    private readonly refresh: RefreshFlow,
  ) {}

  @Post()
  @DescribeToken()
  @HttpCode(200)
  @RouteConfig({ body: 'form' })
  @Header('cache-control', 'no-store')
  async token(
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    const arrivedAt = arrivalOf(reply, this.clock.now());
    const form = formOf(body);
    await this.rateLimiter.assertAllowed('token', request.ip, form.get('client_id') ?? '');
    if (form.hasRepeated('resource')) throw new OAuthError('parameter_repeated');
    const grantType = form.get('grant_type');
    if (grantType === undefined) throw new OAuthError('grant_type_required');
    if (!grantTypes.includes(grantType)) throw new OAuthError('grant_type_unsupported');
    const client = await this.clientAuthentication.authenticate(request.headers.authorization, form);
    const isOurs = (resource: string) => isOwnResource(resource, this.config.issuer);
    if (!form.getAll('resource').every(isOurs)) throw new OAuthError('resource_unknown');
    const events = { emit: () => {} };
    if (grantType === 'refresh_token') {
      const [refreshToken, scope] = [form.get('refresh_token'), parseScope(form.get('scope'))];
      return this.refresh.refresh({ client, refreshToken, scope, events });
    }
    const [code, redirectUri, codeVerifier] = [form.get('code'), form.get('redirect_uri'), form.get('code_verifier')];
    return this.redeemCode.redeem({ client, code, redirectUri, codeVerifier, arrivedAt, events });
  }
}
