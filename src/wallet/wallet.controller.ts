import { Body, Controller, Header, HttpCode, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../clock';
import { arrivalOf } from '../http/arrival';
import { RateLimiter } from '../http/rate-limiter';
import type { IssuedChallenge } from './challenge-issuer';
import { RequestChallengeFlow } from './request-challenge.flow';
import { SignInFlow, type WalletTokenResponse } from './sign-in.flow';
import { WalletError } from './wallet-error';
import { parseChallengeRequest, parseSignInAnswer } from './wallet.schemas';
import { DescribeWalletChallenge, DescribeWalletVerify } from './wallet.openapi';

const json = { body: 'json', notJson: () => new WalletError('body_invalid') } as const;

/** The wallet model: an account asks for a message, signs it, and gets tokens. Source: EIP-4361. */
@Controller('wallet')
export class WalletController {
  constructor(
    private readonly clock: Clock,
    private readonly rateLimiter: RateLimiter,
    private readonly requestChallenge: RequestChallengeFlow,
    private readonly signIn: SignInFlow,
  ) {}

  @Post('challenge')
  @DescribeWalletChallenge()
  @HttpCode(201)
  @RouteConfig(json)
  @Header('cache-control', 'no-store')
  async challenge(@Body() body: unknown, @Req() { ip }: FastifyRequest): Promise<IssuedChallenge> {
    const request = parseChallengeRequest(body);
    await this.rateLimiter.assertAllowed('wallet-challenge', ip, request.address);
    return this.requestChallenge.request(request);
  }

  @Post('verify')
  @DescribeWalletVerify()
  @HttpCode(200)
  @RouteConfig(json)
  @Header('cache-control', 'no-store')
  async verify(
    @Body() body: unknown,
    @Req() { ip }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WalletTokenResponse> {
    const arrivedAt = arrivalOf(reply, this.clock.now());
    const answer = parseSignInAnswer(body);
    await this.rateLimiter.assertAllowed('wallet-verify', ip, answer.nonce);
    return this.signIn.signIn({ ...answer, arrivedAt, events: { emit: () => {} } });
  }
}
