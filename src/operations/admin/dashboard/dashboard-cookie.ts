import { createHmac } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../../platform/clock';
import { CONFIG, type Config } from '../../../platform/config';
import { isLoopbackHost } from '../../../platform/settings';
import { secretsEqual } from '../../../domain/credentials/secret';
import { cookieOf } from '../../../protocols/login/browser-cookie';

/** Seconds. */
const lifetime = 8 * 3_600;
/** The format of {@link DashboardCookie.give}: the expiry, in seconds since the epoch, and its MAC. */
const form = /^(\d{1,12})\.([\w-]{43})$/;

/**
 * Admits a browser to the dashboard for eight hours after its user has shown the admin token. It contains no secret; its key is
 * derived from the token, so every process accepts it, and none does after the token has changed.
 */
@Injectable()
export class DashboardCookie {
  private readonly name: string;
  private readonly options: CookieSerializeOptions;
  private readonly key: Buffer;

  constructor(
    @Inject(CONFIG) { issuer, adminToken = '' }: Config,
    private readonly clock: Clock,
  ) {
    const { protocol, hostname } = new URL(issuer);
    const secure = protocol === 'https:' || !isLoopbackHost(hostname);
    // Not `__Host-`, which must not have a path of its own. Source: RFC 6265bis §4.1.3.
    this.name = secure ? '__Secure-tessera_dashboard' : 'tessera_dashboard';
    this.options = { httpOnly: true, sameSite: 'strict', path: '/admin/dashboard', secure };
    this.key = createHmac('sha256', adminToken).update('tessera dashboard cookie').digest();
  }

  give(reply: FastifyReply): void {
    const end = String(Math.floor(this.clock.now() / 1_000) + lifetime);
    reply.setCookie(this.name, `${end}.${this.macOf(end)}`, { ...this.options, maxAge: lifetime });
  }

  takeBack(reply: FastifyReply): void {
    reply.clearCookie(this.name, this.options);
  }

  /** True when the request has an unexpired cookie under the current admin token. */
  isShown(request: FastifyRequest): boolean {
    const [, end = '', mac = ''] = form.exec(cookieOf(request, this.name) ?? '') ?? [];
    return secretsEqual(mac, this.macOf(end)) && this.clock.now() < Number(end) * 1_000;
  }

  private macOf(end: string): string {
    return createHmac('sha256', this.key).update(end).digest('base64url');
  }
}
