import { createHmac } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { hashSecret, newSecret, secretsEqual } from '../../../domain/credentials/secret';
import { bootstrap } from '../../../domain/events/actor';
import { type Acting, ofBootstrap, Operators } from '../../../domain/operators/operators';
import { Clock } from '../../../platform/clock';
import { CONFIG, type Config } from '../../../platform/config';
import { StoreUnavailableError } from '../../../platform/storage/store-unavailable.error';
import { type BrowserCookie, cookieOf, strictCookie } from '../../../protocols/login/browser-cookie';
import { ConsoleSessionStore } from './console-session-store';

/** Seconds. */
const lifetime = 8 * 3_600;
/** The secret; of an admin token also the end, in seconds since the epoch, and a MAC of both under the token. */
const form = /^([\w-]{43})(?:\.(\d{1,12})\.([\w-]{43}))?$/;

interface Shown {
  readonly secret: string;
  readonly end: string;
  readonly mac: string;
}

/**
 * Browsers that have shown a token: a secret in a cookie, its hash in the store. A session lasts eight hours, and ends with its
 * token.
 */
@Injectable()
export class ConsoleSessions {
  private readonly cookie: BrowserCookie;
  private readonly keys: readonly Buffer[];

  constructor(
    @Inject(CONFIG) { issuer, adminTokens }: Config,
    private readonly clock: Clock,
    private readonly store: ConsoleSessionStore,
    private readonly operators: Operators,
  ) {
    this.cookie = strictCookie('tessera_console', '/admin', { issuer });
    this.keys = adminTokens.map(keyOf);
  }

  /** Begins a session for who has shown this token, and ends the browser's former one. */
  async begin(reply: FastifyReply, { actor }: Acting, token: string): Promise<void> {
    await unlessAway(this.end(reply.request, reply));
    const [secret, now] = [newSecret(), this.clock.now()];
    const id = hashSecret(secret);
    const times = { createdAt: now, expiresAt: now + lifetime * 1_000 };
    if (actor.type !== 'bootstrap') {
      await this.store.begin({ id, operatorId: actor.id, tokenHash: hashSecret(token), ...times });
      return this.give(reply, secret);
    }
    // While the store is away the cookie alone opens the dashboards, which are needed then.
    await unlessAway(this.store.begin({ id, operatorId: bootstrap.id, ...times }));
    const end = String(Math.floor(times.expiresAt / 1_000));
    this.give(reply, `${secret}.${end}.${macOf(secret, end, keyOf(token))}`);
  }

  /** Who has the session of the request's cookie, with the role of now; undefined without one. */
  async current(request: FastifyRequest): Promise<Acting | undefined> {
    const shown = this.shownBy(request);
    const session = shown && (await this.store.find(hashSecret(shown.secret), this.clock.now()));
    if (shown === undefined || session === undefined) return undefined;
    const { operatorId, tokenHash } = session;
    return tokenHash === undefined ? this.ofAdminToken(shown) : this.operators.withTokenHash(operatorId, tokenHash);
  }

  /** Who has a cookie for an admin token, for when the store is away. */
  withoutStore(request: FastifyRequest): Acting | undefined {
    const shown = this.shownBy(request);
    return shown && this.ofAdminToken(shown);
  }

  /** Ends the session of the request's cookie; false when it shows none. */
  async end(request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    const shown = this.shownBy(request);
    if (shown === undefined) return false;
    await this.store.end(hashSecret(shown.secret));
    reply.clearCookie(this.cookie.name, this.cookie.options);
    return true;
  }

  private give(reply: FastifyReply, value: string): void {
    reply.setCookie(this.cookie.name, value, { ...this.cookie.options, maxAge: lifetime });
  }

  private shownBy(request: FastifyRequest): Shown | undefined {
    const [, secret, end = '', mac = ''] = form.exec(cookieOf(request, this.cookie.name) ?? '') ?? [];
    return secret === undefined ? undefined : { secret, end, mac };
  }

  private ofAdminToken({ secret, end, mac }: Shown): Acting | undefined {
    const isKnown = this.keys.some((key) => secretsEqual(mac, macOf(secret, end, key)));
    return isKnown && this.clock.now() < Number(end) * 1_000 ? ofBootstrap : undefined;
  }
}

function keyOf(token: string): Buffer {
  return createHmac('sha256', token).update('tessera console cookie').digest();
}

function macOf(secret: string, end: string, key: Buffer): string {
  return createHmac('sha256', key).update(`${secret}.${end}`).digest('base64url');
}

async function unlessAway(stored: Promise<unknown>): Promise<void> {
  try {
    await stored;
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
  }
}
