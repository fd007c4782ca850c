import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { hashSecret, newId, newSecret, secretsEqual } from '../../domain/credentials/secret';
import { networkOf } from '../../platform/http/network';
import type { Authentication } from '../../domain/identity/authentication';
import { type BrowserCookie, browserCookie, cookieOf } from './browser-cookie';
import { Endings } from './endings';
import type { Session } from '../../domain/challenges/session';
import { SessionStore } from './session-store';
import { browserOf } from './whereabouts';

/** `<session id>.<secret>`. */
const cookieValue = /^([\w-]{22})\.([\w-]{43})$/;
/** Whoever logs in more often than this in one browser may have to wait until the first one's tokens expire. */
const replacedAtMost = 20;

interface SessionCookie {
  readonly id: string;
  readonly secretHash: string;
}

/** The sessions of browsers: a secret in a cookie, its hash in the store. */
@Injectable()
export class Sessions {
  private readonly cookie: BrowserCookie;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly store: SessionStore,
    private readonly endings: Endings,
  ) {
    this.cookie = browserCookie('tessera_session', config);
  }

  /** The session that the request's cookie names, unless it has expired or ended. */
  async current(request: FastifyRequest): Promise<Session | undefined> {
    const shown = this.shownBy(request);
    if (shown === undefined) return undefined;
    const session = await this.store.find(shown.id, this.clock.now());
    return session !== undefined && proves(shown, session) ? session : undefined;
  }

  /**
   * Begins a session and ends the one that the browser had: a secret that was known before the login, to whomever, is
   * worth nothing after it (session fixation). Of the same subject, what that one gave stays, and ends with the new one; of
   * another, it ends. `wallet`: of a wallet login, what its challenge leads to.
   */
  async begin(
    reply: FastifyReply,
    authentication: Authentication,
    wallet?: Pick<Session, 'id' | 'signatureHash'> & Required<Pick<Session, 'messageHash'>>,
  ): Promise<Session> {
    const { request } = reply;
    const before = await this.current(request);
    const { id, ...proven } = wallet ?? { id: newId() };
    const secret = newSecret();
    const createdAt = this.clock.now();
    const { sessionTtl } = this.config;
    const expiresAt = createdAt + sessionTtl * 1000;
    const [browser, network] = [browserOf(request.headers['user-agent']), networkOf(request.client.ip)];
    const whereabouts = { browser, network };
    const isSame = before?.authentication.sub === authentication.sub;
    const replaced = isSame ? [before.id, ...(before.replaced ?? [])].slice(0, replacedAtMost) : undefined;
    const session = {
      id,
      secretHash: hashSecret(secret),
      authentication,
      createdAt,
      expiresAt,
      ...whereabouts,
      ...proven,
      ...(replaced !== undefined && { replaced }),
      ...(isSame && before.clients !== undefined && { clients: before.clients }),
    };
    await this.store.begin(session);
    if (isSame) await this.store.endReplaced(before.id, createdAt);
    else if (before !== undefined) await this.endings.endSession(before, { reason: 'logout', events: request.events });
    reply.setCookie(this.cookie.name, `${id}.${secret}`, { ...this.cookie.options, maxAge: sessionTtl });
    return session;
  }

  /** The session with this id, unless it has expired or ended. */
  async find(id: string): Promise<Session | undefined> {
    return this.store.find(id, this.clock.now());
  }

  /** The session that there is or was with this id. */
  async findKnown(id: string): Promise<Session | undefined> {
    return this.store.findKnown(id);
  }

  /** Takes the cookie from the browser, whose session has ended. */
  forget(reply: FastifyReply): void {
    reply.clearCookie(this.cookie.name, this.cookie.options);
  }

  private shownBy(request: FastifyRequest): SessionCookie | undefined {
    const value = cookieOf(request, this.cookie.name) ?? '';
    const [, id, secret] = cookieValue.exec(value) ?? [];
    return id === undefined || secret === undefined ? undefined : { id, secretHash: hashSecret(secret) };
  }
}

function proves({ secretHash }: SessionCookie, session: Session): boolean {
  return session.secretHash !== undefined && secretsEqual(secretHash, session.secretHash);
}
