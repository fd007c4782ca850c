import { Controller, Get, Header, HttpCode, Inject, Post, Req, UseGuards } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../config';
import { BearerGuard } from '../tokens/bearer.guard';
import { TokenError } from '../tokens/token-error';
import { DescribeUserinfo, DescribeUserinfoByPost } from './userinfo.openapi';

/** Claims about the person that a token stands for. Source: OpenID Connect Core §5.3. */
@Controller('userinfo')
@UseGuards(BearerGuard)
export class UserinfoController {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  @Get()
  @DescribeUserinfo()
  @Header('cache-control', 'no-store')
  userinfo(@Req() request: FastifyRequest): Record<string, unknown> {
    return this.claims(request);
  }

  @Post()
  @DescribeUserinfoByPost()
  @RouteConfig({ body: 'form' })
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  userinfoByPost(@Req() request: FastifyRequest): Record<string, unknown> {
    return this.claims(request);
  }

  private claims({ accessToken }: FastifyRequest): Record<string, unknown> {
    if (accessToken?.scope.split(' ').includes('openid') !== true) {
      const challenge = `Bearer realm="${this.config.issuer}", error="insufficient_scope", scope="openid"`;
      throw new TokenError('scope_insufficient', { headers: { 'www-authenticate': challenge } });
    }
    return { sub: accessToken.sub };
  }
}
