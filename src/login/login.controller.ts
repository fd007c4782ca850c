import { Body, Controller, Get, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../config';
import { formOf } from '../http/bodies';
import { RateLimiter } from '../http/rate-limiter';
import { LoginError } from './login-error';
import { FormProtection } from './csrf';
import { interruptedRequest, resumeLocation } from './interrupted-request';
import { LoginPage } from './login-page';
import { PasswordLogins } from './password-logins';
import { Sessions } from './sessions';
import { DescribeLogin, DescribeLoginPage } from './login.openapi';

/** The login page and its password form. */
@Controller('login')
export class LoginController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly page: LoginPage,
    private readonly protection: FormProtection,
    private readonly rateLimiter: RateLimiter,
    private readonly logins: PasswordLogins,
    private readonly sessions: Sessions,
  ) {}

  /** The query is that of the interrupted authorization request. */
  @Get()
  @DescribeLoginPage()
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const [, ...query] = request.originalUrl.split('?');
    await this.page.show(reply, interruptedRequest(query.join('?')));
  }

  /** 303 on to the interrupted request with a new session, or the form again with 401. Throws: {@link LoginError}. */
  @Post()
  @DescribeLogin()
  @RouteConfig({ body: 'form' })
  async logIn(@Body() body: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const form = formOf(body);
    this.protection.assertValid(request, form.get('csrf'));
    if (form.hasRepeated()) throw new LoginError('parameter_repeated');
    const interrupted = interruptedRequest(form.get('request'));
    const username = form.get('username') ?? '';
    await this.rateLimiter.assertAllowed('login', request.ip, username);
    const authentication = await this.logins.authenticate(username, form.get('password') ?? '');
    if (authentication === undefined) return this.page.showFailed(reply, interrupted, username);
    await this.sessions.begin(reply, authentication);
    void reply.header('cache-control', 'no-store').redirect(resumeLocation(interrupted, this.config), 303);
  }
}
