import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { hashSecret, newId, newSecret, secretsEqual } from '../../domain/credentials/secret';
import { networkOf } from '../../platform/http/network';
import type { Authentication } from '../../domain/identity/authentication';
import { type BrowserCookie, browserCookie, cookieOf } from './browser-cookie';
import { Revocation } from './revocation';
import type { Session } from '../../domain/challenges/session';
import { SessionStore } from './session-store';
import { browserOf } from './user-agent';

/** `<session id>.<secret>`. */
const cookieValue = /^([\w-]{22})\.([\w-]{43})$/;
/** Whoever logs in more often than this in one browser may have to wait until the first session's tokens expire. */
const replacedAtMost = 20;

/** The session that the challenge of a wallet or passkey becomes. */
interface ProvenSession extends Pick<Session, 'id' | 'messageHash' | 'signatureHash'> {
  /** Stores the session in the step that redeems the challenge; rejects when the login is refused. */
  redeem(session: Session): Promise<void>;
}

interface SessionCookie {
  readonly id: string;
  readonly secretHash: string;
}

/** Browser sessions: a secret in a cookie, its hash in the store. */
@Injectable()
export class Sessions {
  private readonly cookie: BrowserCookie;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly store: SessionStore,
    private readonly revocation: Revocation,
  ) {
    this.cookie = browserCookie('tessera_session', config);
  }

  /** The session of the request's cookie, unless it has expired or ended. */
  async current(request: FastifyRequest): Promise<Session | undefined> {
    const shown = this.shownBy(request);
    if (shown === undefined) return undefined;
    const session = await this.store.find(shown.id, this.clock.now());
    return session !== undefined && proves(shown, session) ? session : undefined;
  }

  /**
   * Begins a session and ends the browser's previous one: a secret known before the login is worth nothing after it (session
   * fixation). For the same subject, the previous session's grants stay, and end with the new one; for another subject they
   * end. Rejects as `proven` does; the browser's previous session stays then.
   */
  async begin(reply: FastifyReply, authentication: Authentication, proven?: ProvenSession): Promise<Session> {
    const { request } = reply;
    const before = await this.current(request);
    const { id, redeem, ...hashes } = proven ?? { id: newId(), redeem: (begun) => this.store.begin(begun) };
    const secret = newSecret();
    const createdAt = this.clock.now();
    const { sessionTtl } = this.config;
    const expiresAt = createdAt + sessionTtl * 1000;
    const [browser, network] = [browserOf(request.headers['user-agent']), networkOf(request.client.ip)];
    const device = { browser, network };
    const isSame = before?.authentication.sub === authentication.sub;
    const replaced = isSame ? [before.id, ...(before.replaced ?? [])].slice(0, replacedAtMost) : undefined;
    const session = {
      id,
      secretHash: hashSecret(secret),
      authentication,
      createdAt,
      expiresAt,
      ...device,
      ...hashes,
      ...(replaced !== undefined && { replaced }),
      ...(isSame && before.clients !== undefined && { clients: before.clients }),
    };
    await redeem(session);
    if (isSame) await this.store.endReplaced(before.id, createdAt);
    else if (before !== undefined)
      await this.revocation.endSession(before, { reason: 'logout', events: request.events });
    reply.setCookie(this.cookie.name, `${id}.${secret}`, { ...this.cookie.options, maxAge: sessionTtl });
    return session;
  }

  /** Ends a session whose cookie nobody has got. */
  async discard({ id }: Session): Promise<void> {
    await this.store.end(id, this.clock.now());
  }

  /** The session with this id, unless it has expired or ended. */
  async find(id: string): Promise<Session | undefined> {
    return this.store.find(id, this.clock.now());
  }

  /** The session with this id, even if it has ended. */
  async findKnown(id: string): Promise<Session | undefined> {
    return this.store.findKnown(id);
  }

  /** Removes the cookie of an ended session. */
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
