import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { isSelfRegistered } from '../clients/client';
import { ClientStore } from '../clients/client-store';
import { Clock } from '../clock';
import { newId } from '../credentials/secret';
import { CONFIG, type Config } from '../config';
import { LOGGER } from '../logger';
import { Outbound } from '../outbound/outbound';
import { OutboundError } from '../outbound/outbound-failure';
import { idTokenSigner } from '../tokens/id-token-signer';
import { KeyRing } from '../tokens/key-ring';

/** Whom a notice is about, and who is to know. */
export interface EndedLogin {
  readonly sub: string;
  /** As the client's ID tokens name the session. */
  readonly sid: string;
  readonly clientId: string;
}

interface Notice extends EndedLogin {
  readonly attempt: number;
}

/** How long after a failure a notice is tried again, in milliseconds: three times within a minute. */
const pausesMs = [1_000, 15_000];
const answersWithinMs = 5_000;
const noticesAtMost = 10_000;
const sentAtOnce = 16;
const sentToOne = 2;
/** Seconds; a client must not take it for one of another day. */
const tokenLifetime = 120;
const event = 'http://schemas.openid.net/event/backchannel-logout';

/**
 * Tells clients that a session has ended, after the answer to whoever ended it. What waits is kept in memory: of more than ten
 * thousand notices, and of a process that is killed, some are lost. Source: OpenID Connect Back-Channel Logout 1.0 §2.5.
 */
@Injectable()
export class LogoutNotices implements BeforeApplicationShutdown, OnApplicationShutdown {
  /** By client, the one whose turn is next first: a client that does not answer holds up its own notices alone. */
  private readonly waiting = new Map<string, Notice[]>();
  private count = 0;
  private readonly paused = new Set<NodeJS.Timeout>();
  /** By what is under way, to whom it goes. */
  private readonly sending = new Map<Promise<void>, string>();
  private isClosing = false;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly clock: Clock,
    private readonly clients: ClientStore,
    private readonly keys: KeyRing,
    private readonly outbound: Outbound,
  ) {}

  /** Returns at once, and never throws. */
  tell(ended: EndedLogin): void {
    this.queue({ ...ended, attempt: 1 });
  }

  /** What waits is tried once, as far as there is time for it, while the store is still open. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isClosing = true;
    for (const timer of this.paused) clearTimeout(timer);
    await this.drain();
  }

  /** And so is what the last requests have left. */
  async onApplicationShutdown(): Promise<void> {
    await this.drain();
  }

  private async drain(): Promise<void> {
    const deadline = setTimeout(() => this.waiting.clear(), answersWithinMs);
    while (this.sending.size > 0) await Promise.all(this.sending.keys());
    clearTimeout(deadline);
  }

  private queue(notice: Notice): void {
    if (this.count >= noticesAtMost) return this.warn(notice, 'too many wait');
    const ofClient = this.waiting.get(notice.clientId) ?? [];
    ofClient.push(notice);
    this.waiting.set(notice.clientId, ofClient);
    this.count += 1;
    this.sendNext();
  }

  private sendNext(): void {
    for (let notice = this.next(); notice !== undefined; notice = this.next()) {
      const sent = this.send(notice).finally(() => {
        this.sending.delete(sent);
        this.sendNext();
      });
      this.sending.set(sent, notice.clientId);
    }
  }

  /** Undefined where nothing waits, or enough is under way. */
  private next(): Notice | undefined {
    if (this.sending.size >= sentAtOnce) return undefined;
    const busy = [...this.sending.values()];
    for (const [clientId, notices] of this.waiting) {
      if (busy.filter((each) => each === clientId).length >= sentToOne) continue;
      const notice = notices.shift();
      // Behind the others, whose turn is next.
      this.waiting.delete(clientId);
      if (notices.length > 0) this.waiting.set(clientId, notices);
      if (notice === undefined) continue;
      this.count -= 1;
      return notice;
    }
    return undefined;
  }

  private async send(notice: Notice): Promise<void> {
    try {
      const client = await this.clients.find(notice.clientId);
      if (client?.backchannelLogoutUri === undefined) return;
      const token = idTokenSigner(this.keys, client).sign('logout+jwt', this.claims(notice));
      const form = new URLSearchParams({ logout_token: token });
      const namedBy = isSelfRegistered(client) ? 'strangers' : 'us';
      await this.outbound.fetch({
        url: client.backchannelLogoutUri,
        namedBy,
        form,
        atMost: 0,
        within: answersWithinMs,
      });
      this.logger.info(
        { clientId: notice.clientId, attempt: notice.attempt },
        'a client was told that a session ended',
      );
    } catch (error) {
      this.tryAgain(notice, error instanceof OutboundError ? error.failure : 'store_unavailable');
    }
  }

  /** Without a `nonce`, by which a client tells it from an ID token. Source: OpenID Connect Back-Channel Logout 1.0 §2.4. */
  private claims({ sub, sid, clientId }: EndedLogin): object {
    const iat = Math.floor(this.clock.now() / 1000);
    return {
      iss: this.config.issuer,
      sub,
      aud: clientId,
      iat,
      exp: iat + tokenLifetime,
      jti: newId(),
      sid,
      events: { [event]: {} },
    };
  }

  private tryAgain(notice: Notice, failure: string): void {
    this.warn(notice, failure);
    // One that has not been sent yet, because too much is asked of that host at this moment, has not been tried.
    const attempt = failure === 'busy' ? notice.attempt : notice.attempt + 1;
    const pause = failure === 'busy' ? pausesMs[0] : pausesMs[notice.attempt - 1];
    if (pause === undefined || this.isClosing) return;
    const timer = setTimeout(() => {
      this.paused.delete(timer);
      this.queue({ ...notice, attempt });
    }, pause);
    // A command line that has done its work need not wait for a client that does not answer.
    this.paused.add(timer.unref());
  }

  private warn({ clientId, attempt }: Notice, failure: string): void {
    this.logger.warn({ clientId, attempt, failure }, 'a client could not be told that a session ended');
  }
}
