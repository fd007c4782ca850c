import { Controller, Get, Header, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { addressOf } from '../identity/account-id';
import { BearerGuard } from './bearer.guard';
import type { LoginModel } from '../identity/authentication';
import { DescribeMe } from './me.openapi';

export interface Me {
  readonly sub: string;
  readonly client_id: string;
  readonly scope: string;
  readonly amr: readonly string[];
  readonly model: LoginModel;
  /** Of a wallet login. */
  readonly address?: string;
}

/** A protected resource, as an API team would write one: it tells whose token it was shown. */
@Controller('api/me')
export class MeController {
  @Get()
  @DescribeMe()
  @UseGuards(BearerGuard)
  @Header('cache-control', 'no-store')
  me(@Req() { accessToken }: FastifyRequest): Me {
    if (accessToken === undefined) throw new Error('The guard did not run');
    const { sub, client_id, scope, amr, model } = accessToken;
    const address = addressOf(sub);
    return { sub, client_id, scope, amr, model, ...(address !== undefined && { address }) };
  }
}
