import { Body, Controller, Header, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Client } from '../clients/client';
import { ClientStore } from '../clients/client-store';
import { CONFIG, type Config } from '../config';
import { formOf } from '../http/bodies';
import { Parameters } from '../http/parameters';
import { RateLimiter } from '../http/rate-limiter';
import type { IssuedChallenge } from '../wallet/challenge-issuer';
import { WalletError } from '../wallet/wallet-error';
import { WalletLogins } from '../wallet/wallet-logins';
import { LoginError } from './login-error';
import { FormProtection } from './csrf';
import { interruptedRequest, resumeLocation } from './interrupted-request';
import { Sessions } from './sessions';
import { DescribeWalletLogin, DescribeWalletLoginChallenge } from './wallet-login.openapi';

/** The page's own fields in the JSON of its script; what is not text is as good as absent. */
const pageFields = z.object({
  csrf: z.string().optional().catch(undefined),
  request: z.string().optional().catch(undefined),
  address: z.string().catch(''),
});

/** The wallet button of the login page. Source: contract, end of section Wallet model. */
@Controller('login/wallet')
export class WalletLoginController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clients: ClientStore,
    private readonly protection: FormProtection,
    private readonly rateLimiter: RateLimiter,
    private readonly logins: WalletLogins,
    private readonly sessions: Sessions,
  ) {}

  /** Throws: {@link LoginError}, {@link WalletError}. */
  @Post('challenge')
  @DescribeWalletLoginChallenge()
  @HttpCode(201)
  @RouteConfig({ body: 'json', notJson: () => new WalletError('body_invalid') })
  @Header('cache-control', 'no-store')
  async challenge(@Body() body: unknown, @Req() request: FastifyRequest): Promise<IssuedChallenge> {
    const fields = pageFields.safeParse(body).data;
    if (fields === undefined) throw new WalletError('body_invalid');
    this.protection.assertValid(request, fields.csrf);
    await this.rateLimiter.assertAllowed('wallet-challenge', request.ip, fields.address);
    return this.logins.begin(body, await this.beneficiary(interruptedRequest(fields.request)));
  }

  /** 303 on to the interrupted request with a new session. Throws: {@link LoginError}, {@link WalletError}. */
  @Post()
  @DescribeWalletLogin()
  @RouteConfig({ body: 'form' })
  async logIn(@Body() body: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const form = formOf(body);
    this.protection.assertValid(request, form.get('csrf'));
    if (form.hasRepeated()) throw new LoginError('parameter_repeated');
    const interrupted = interruptedRequest(form.get('request'));
    const [nonce, signature] = [form.get('nonce'), form.get('signature')];
    await this.rateLimiter.assertAllowed('wallet-verify', request.ip, nonce ?? '');
    const { clientId } = await this.beneficiary(interrupted);
    const isSession = (id: string) => this.sessions.isKnown(id);
    const { authentication, sessionId } = await this.logins.complete({ nonce, signature, clientId, isSession });
    await this.sessions.begin(reply, authentication, sessionId);
    void reply.header('cache-control', 'no-store').redirect(resumeLocation(interrupted, this.config), 303);
  }

  /** Whom the person signs in to: the client of the interrupted request, or, where it names none, this server. */
  private async beneficiary(request: string): Promise<Pick<Client, 'clientId' | 'name'>> {
    const clientId = Parameters.parse(request).get('client_id');
    const client = clientId === undefined ? undefined : await this.clients.find(clientId);
    return client ?? { clientId: this.config.issuer, name: 'Tessera' };
  }
}
