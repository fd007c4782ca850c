import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { hashSecret, newSecret, secretsEqual } from '../../domain/credentials/secret';
import { CONFIG, type Config } from '../../platform/config';
import { LoginError } from './login-error';
import { type BrowserCookie, browserCookie, cookieOf, isBrowserSecret } from './browser-cookie';

/**
 * Tells a form that this server showed to this browser from a forged one. The page contains a hash of a cookie that other sites
 * can neither read nor, with `__Host-`, set. `Origin` does not help: under our `Referrer-Policy: no-referrer` browsers send
 * `null`.
 */
@Injectable()
export class FormProtection {
  private readonly cookie: BrowserCookie;
  /** Secrets issued to browsers without a cookie, until their request is answered. */
  private readonly issued = new WeakMap<FastifyRequest, string>();

  constructor(@Inject(CONFIG) config: Config) {
    this.cookie = browserCookie('tessera_form', config);
  }

  /** The value of a page's hidden field `csrf`; sets the browser's cookie if it is missing. */
  issue(request: FastifyRequest, reply: FastifyReply): string {
    return fieldOf(this.secretOf(request, reply));
  }

  /** The hash that binds a record to this browser; undefined without a cookie. */
  knownBrowser(request: FastifyRequest): string | undefined {
    const shown = cookieOf(request, this.cookie.name);
    return isBrowserSecret(shown) ? browserOf(shown) : undefined;
  }

  /** As {@link knownBrowser}, but sets the cookie if it is missing. */
  browserOf(request: FastifyRequest, reply: FastifyReply): string {
    return browserOf(this.secretOf(request, reply));
  }

  /** Throws: LoginError csrf_invalid unless `csrf` is what {@link issue} put into this browser's page. */
  assertValid(request: FastifyRequest, csrf: string | undefined): void {
    const secret = cookieOf(request, this.cookie.name);
    const matches = isBrowserSecret(secret) && csrf !== undefined && secretsEqual(csrf, fieldOf(secret));
    if (!matches || isFromAnotherSite(request)) throw new LoginError('csrf_invalid');
  }

  private secretOf(request: FastifyRequest, reply: FastifyReply): string {
    const shown = cookieOf(request, this.cookie.name);
    if (isBrowserSecret(shown)) return shown;
    const issued = this.issued.get(request);
    if (issued !== undefined) return issued;
    const secret = newSecret();
    reply.setCookie(this.cookie.name, secret, this.cookie.options);
    this.issued.set(request, secret);
    return secret;
  }
}

function browserOf(secret: string): string {
  return hashSecret(`browser:${secret}`);
}

function fieldOf(secret: string): string {
  return hashSecret(`csrf:${secret}`);
}

/** Our pages send `same-origin`, a reload by hand `none`, browsers from before 2023 nothing. Source: Fetch Metadata §2.2. */
export function isFromAnotherSite(request: FastifyRequest): boolean {
  const site = request.headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}
