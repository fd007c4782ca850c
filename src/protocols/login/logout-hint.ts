import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../../platform/config';
import { Parameters } from '../../platform/http/parameters';
import { type BrowserCookie, browserCookie, cookieOf } from './browser-cookie';

/** Seconds: the browser follows the redirect at once. */
const lifetime = 60;
/** Browsers keep 4,096 bytes of a cookie with its name and attributes. Source: RFC 6265 §6.1. */
const longest = 3_500;

/** Keeps the ID token of a cross-site form in a cookie until the redirect is followed: URLs are logged, so it must not be in one. */
@Injectable()
export class LogoutHint {
  private readonly cookie: BrowserCookie;

  constructor(@Inject(CONFIG) config: Config) {
    this.cookie = browserCookie('tessera_logout', config);
  }

  /** The form as a query without its ID token, which goes into the cookie. A longer one is dropped: the page then asks. */
  split(form: Parameters, reply: FastifyReply): string {
    const idToken = form.get('id_token_hint') ?? '';
    if (idToken !== '' && idToken.length <= longest) {
      reply.setCookie(this.cookie.name, idToken, { ...this.cookie.options, maxAge: lifetime });
    }
    return form.without('id_token_hint');
  }

  /** The query with the ID token of the cookie, which works once. */
  joined(query: Parameters, request: FastifyRequest, reply: FastifyReply): Parameters {
    const idToken = cookieOf(request, this.cookie.name);
    if (idToken === undefined) return query;
    reply.clearCookie(this.cookie.name, this.cookie.options);
    if (query.get('id_token_hint') !== undefined) return query;
    return Parameters.parse(`${query.without()}&${new URLSearchParams({ id_token_hint: idToken })}`);
  }
}
