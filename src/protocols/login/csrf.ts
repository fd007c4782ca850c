import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { hashSecret, newSecret, secretsEqual } from '../../domain/credentials/secret';
import { CONFIG, type Config } from '../../platform/config';
import { LoginError } from './login-error';
import { type BrowserCookie, browserCookie, cookieOf, isBrowserSecret } from './browser-cookie';

/**
 * Tells a form that this server showed to this browser from one that another site wrote. The page carries a hash of a
 * cookie that other sites can neither read nor, with `__Host-`, plant. `Origin` cannot serve: under our
 * `Referrer-Policy: no-referrer` browsers send `null` for it.
 */
@Injectable()
export class FormProtection {
  private readonly cookie: BrowserCookie;
  /** Of browsers that come without a cookie, while they are answered. */
  private readonly issued = new WeakMap<FastifyRequest, string>();

  constructor(@Inject(CONFIG) config: Config) {
    this.cookie = browserCookie('tessera_form', config);
  }

  /** The value of a page's hidden field `csrf`; gives the browser its cookie when it has none. */
  issue(request: FastifyRequest, reply: FastifyReply): string {
    return fieldOf(this.secretOf(request, reply));
  }

  /** What stands for the browser in a record that is for it alone; undefined when it has no cookie. */
  knownBrowser(request: FastifyRequest): string | undefined {
    const shown = cookieOf(request, this.cookie.name);
    return isBrowserSecret(shown) ? browserOf(shown) : undefined;
  }

  /** The same; gives the browser its cookie when it has none. */
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
