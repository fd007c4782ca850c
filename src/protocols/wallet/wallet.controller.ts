import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../platform/clock';
import { arrivalOf } from '../../platform/http/arrival';
import { Endpoint } from '../../platform/http/endpoint';
import { dpopRequestOf } from '../../domain/tokens/dpop-request';
import type { IssuedChallenge } from './issued-challenge.openapi';
import { RequestChallengeFlow } from './request-challenge.flow';
import { SignInFlow } from './sign-in.flow';
import { WalletError } from './wallet-error';
import { challengeLimit, nonceLimit, verifyBodyLimit, verifyLimit } from './wallet-limits';
import {
  addressIn,
  clientIdIn,
  nonceIn,
  challengeRequest,
  nonceRequest,
  parseWalletBody,
  parseSignInAnswer,
} from './wallet.schemas';
import {
  type IssuedNonce,
  walletChallengeOperation,
  walletNonceOperation,
  walletVerifyOperation,
  type WalletTokenResponse,
} from './wallet.openapi';

const json = {
  method: 'POST',
  access: 'public',
  body: 'json',
  notJson: () => new WalletError('body_invalid'),
} as const;

/** The wallet model: an account requests a message, signs it, and gets tokens. Source: EIP-4361. */
@Controller()
export class WalletController {
  constructor(
    private readonly clock: Clock,
    private readonly requestChallenge: RequestChallengeFlow,
    private readonly signIn: SignInFlow,
  ) {}

  @Endpoint({
    ...json,
    path: '/wallet/challenge',
    status: 201,
    origins: 'registered',
    limit: { ...challengeLimit, subjectOf: ({ body }) => addressIn(body) },
    step: { model: 'wallet', step: 'challenge', place: 1 },
    describe: walletChallengeOperation,
  })
  async challenge({ body, events }: FastifyRequest): Promise<IssuedChallenge> {
    return this.requestChallenge.request({ ...parseWalletBody(challengeRequest, body), events });
  }

  @Endpoint({
    ...json,
    path: '/wallet/nonce',
    status: 201,
    origins: 'registered',
    limit: { ...nonceLimit, subjectOf: ({ body }) => clientIdIn(body) },
    step: { model: 'wallet', step: 'challenge', place: 1 },
    describe: walletNonceOperation,
  })
  async nonce({ body, events }: FastifyRequest): Promise<IssuedNonce> {
    return this.requestChallenge.requestNonce({ ...parseWalletBody(nonceRequest, body), events });
  }

  @Endpoint({
    ...json,
    path: '/wallet/verify',
    bodyLimit: verifyBodyLimit,
    origins: 'registered',
    limit: { ...verifyLimit, subjectOf: ({ body }) => nonceIn(body) },
    step: { model: 'wallet', step: 'verify', place: 2 },
    redeems: ({ body }) => nonceIn(body),
    describe: walletVerifyOperation,
  })
  async verify(request: FastifyRequest, reply: FastifyReply): Promise<WalletTokenResponse> {
    const { body, client, events } = request;
    const arrivedAt = arrivalOf(reply, this.clock.now());
    const dpop = dpopRequestOf(request, reply);
    return this.signIn.signIn({ ...parseSignInAnswer(body), arrivedAt, client, dpop, events });
  }
}
