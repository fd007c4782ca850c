import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Authentication } from '../identity/authentication';
import { hashSecret, newSecret } from '../credentials/secret';
import { Clock } from '../clock';
import { CONFIG, type Config } from '../config';
import { type BrowserCookie, browserCookie, isBrowserSecret } from './browser-cookie';
import { type Session, SessionStore } from './session-store';

/** Seconds: a working day. */
const sessionLifetime = 12 * 3_600;

/** The sessions of browsers: a secret in a cookie, its hash in the store. */
@Injectable()
export class Sessions {
  private readonly cookie: BrowserCookie;

  constructor(
    @Inject(CONFIG) config: Config,
    private readonly clock: Clock,
    private readonly store: SessionStore,
  ) {
    this.cookie = browserCookie('tessera_session', config);
  }

  /** The session that the request's cookie names, unless it has expired or ended. */
  async current(request: FastifyRequest): Promise<Session | undefined> {
    const id = this.idOf(request);
    return id === undefined ? undefined : this.store.find(id, this.clock.now());
  }

  /**
   * Begins a session under a new id and ends the one that the browser had: an id that was known before the login, to
   * whomever, is worth nothing after it (session fixation).
   */
  async begin(reply: FastifyReply, authentication: Authentication): Promise<Session> {
    const before = this.idOf(reply.request);
    const secret = newSecret();
    const createdAt = this.clock.now();
    const session: Session = {
      id: hashSecret(secret),
      authentication,
      createdAt,
      expiresAt: createdAt + sessionLifetime * 1000,
    };
    await this.store.save(session);
    if (before !== undefined) await this.store.remove(before);
    reply.setCookie(this.cookie.name, secret, { ...this.cookie.options, maxAge: sessionLifetime });
    return session;
  }

  private idOf(request: FastifyRequest): string | undefined {
    const secret = request.cookies[this.cookie.name];
    return isBrowserSecret(secret) ? hashSecret(secret) : undefined;
  }
}
