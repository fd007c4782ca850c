import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { type Client, isSelfRegistered } from '../../domain/clients/client';
import { ClientStore } from '../../domain/clients/client-store';
import { Clock } from '../../platform/clock';
import { newId } from '../../domain/credentials/secret';
import { CONFIG, type Config } from '../../platform/config';
import { LogAggregator } from '../../platform/http/log-aggregator';
import { LOGGER } from '../../platform/logger';
import { type Attempted, FairQueue, type FairQueueSettings } from '../../platform/outbound/fair-queue';
import { formsAtMost, type NamedBy, Outbound } from '../../platform/outbound/outbound';
import { OutboundError, type OutboundFailure } from '../../platform/outbound/outbound-failure';
import type { Pace } from '../../platform/outbound/paced-slots';
import { idTokenSigner } from '../../domain/tokens/id-token-signer';
import { KeyRing } from '../../domain/tokens/key-ring';

/** The ended login, and the client to notify. */
export interface EndedLogin {
  readonly sub: string;
  /** The session's name in the client's ID tokens. */
  readonly sid: string;
  readonly clientId: string;
}

interface Notice extends EndedLogin {
  /** Milliseconds since the epoch when the notice is given up. */
  readonly until: number;
}

/** A notice with the URL that the client had when the notice was queued. */
interface Addressed extends Notice {
  readonly uri: string;
}

/** A separate queue, with what is logged of it. */
interface Lane<Item> {
  readonly queue: FairQueue<Item>;
  readonly lines: LogAggregator;
}

const answersWithinMs = 5_000;
/** Milliseconds for a host not known to be slow, so that many hanging ones are soon detected. */
const firstTryMs = 1_500;
/** Milliseconds from the end of the login until an undelivered notice is given up. */
const deliverWithinMs = 120_000;
const lookedUpAtOnce = 16;
/** Most clients with log lines of their own in a minute, for each lane. */
const clientsLogged = 100;
/** Seconds; a client must not accept the token later. */
const tokenLifetime = 120;
const event = 'http://schemas.openid.net/event/backchannel-logout';
/** Failures in which no host answers: it is then left alone for a while, not just this notice. */
const unansweredFailures: readonly string[] = [
  'name_unresolved',
  'ip_refused',
  'unreachable',
  'timeout',
  'incomplete',
] satisfies OutboundFailure[];

/**
 * Notifies clients that a session has ended, after the response to whoever ended it. Waiting notices are kept in memory, in a
 * queue for each host: a notice is lost when the queue is full, after two minutes, and when its process is killed.
 * Source: OpenID Connect Back-Channel Logout 1.0 §2.5.
 */
@Injectable()
export class LogoutNotices implements BeforeApplicationShutdown, OnApplicationShutdown {
  /** Notices whose client has not been looked up yet; by client. */
  private readonly arrived = this.lane<Notice>(lookedUpAtOnce, (notice, attempt) => this.address(notice, attempt));
  /** By host. An administrator's clients never wait for self-registered ones. */
  private readonly addressed: Readonly<Record<NamedBy, Lane<Addressed>>> = {
    us: this.lane(formsAtMost, (...attempt) => this.send('us', ...attempt)),
    untrusted: this.lane(formsAtMost, (...attempt) => this.send('untrusted', ...attempt)),
  };

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly clock: Clock,
    private readonly clients: ClientStore,
    private readonly keys: KeyRing,
    private readonly outbound: Outbound,
  ) {}

  /** Returns at once and never throws. */
  notify({ sub, sid, clientId }: EndedLogin): void {
    this.arrive({ sub, sid, clientId, until: this.clock.now() + deliverWithinMs });
  }

  /** Waiting notices are tried once, as time permits, while the store is still open. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.drain();
  }

  /** The same for what the last requests have queued. */
  async onApplicationShutdown(): Promise<void> {
    await this.drain();
    for (const { lines } of [this.arrived, ...Object.values(this.addressed)]) lines.flush();
  }

  private async drain(): Promise<void> {
    await this.arrived.queue.drain(answersWithinMs);
    await Promise.all(Object.values(this.addressed).map(({ queue }) => queue.drain(answersWithinMs)));
  }

  private lane<Item extends Notice>(atOnce: number, attempt: FairQueueSettings<Item>['attempt']): Lane<Item> {
    const log = ({ client, count }: { readonly client: string; readonly count: number }) =>
      this.logger.warn({ client, count }, 'more notices of ended sessions could not be delivered');
    const lines = new LogAggregator(log, clientsLogged);
    const dropped = (notice: Item) => this.warn({ lines }, notice, 'too_many_waiting');
    return { queue: new FairQueue({ atOnce, attempt, dropped }), lines };
  }

  private arrive(notice: Notice): void {
    const { clientId } = notice;
    if (!this.arrived.queue.add(clientId, clientId, notice)) this.warn(this.arrived, notice, 'too_many_waiting');
  }

  /** Queues the notice for its client's host, if the client wants notices. */
  private async address(notice: Notice, attempt: number): Promise<Attempted> {
    try {
      const client = await this.clients.find(notice.clientId);
      const uri = client?.backchannelLogoutUri;
      if (client === undefined || uri === undefined) return 'done';
      const lane = this.addressed[namerOf(client)];
      if (!this.outbound.accepts(uri)) this.warn(lane, notice, 'url_refused');
      else if (!lane.queue.add(new URL(uri).host, notice.clientId, { ...notice, uri }))
        this.warn(lane, notice, 'too_many_waiting');
      return 'done';
    } catch {
      this.warn(this.arrived, notice, 'store_unavailable', attempt);
      return 'unanswered';
    }
  }

  /** Signs only when a slot is free: the signature is the main cost, and wasted on a notice that cannot be sent. */
  private async send(namedBy: NamedBy, notice: Addressed, attempt: number, pace: Pace): Promise<Attempted> {
    const lane = this.addressed[namedBy];
    if (this.clock.now() >= notice.until) {
      this.warn(lane, notice, 'waited_too_long', attempt);
      return 'untried';
    }
    try {
      const client = await this.clients.find(notice.clientId);
      if (client?.backchannelLogoutUri !== notice.uri || namerOf(client) !== namedBy) {
        this.arrive(notice);
        return 'untried';
      }
      const token = idTokenSigner(this.keys, client).sign('logout+jwt', this.claims(notice));
      const form = new URLSearchParams({ logout_token: token });
      const within = pace === 'slow' ? answersWithinMs : firstTryMs;
      await this.outbound.fetch({ url: notice.uri, namedBy, form, atMost: 0, within });
      this.logger.info({ client: notice.clientId, attempt }, 'a client was told that a session ended');
      return 'done';
    } catch (error) {
      const failure = error instanceof OutboundError ? error.failure : 'store_unavailable';
      this.warn(lane, notice, failure, attempt);
      return unansweredFailures.includes(failure) ? 'unanswered' : 'refused';
    }
  }

  /** Without a `nonce`, so that it cannot be used as an ID token. Source: OpenID Connect Back-Channel Logout 1.0 §2.4. */
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

  /** Logs the first failure of each client and minute, and then the number of further ones. */
  private warn({ lines }: Pick<Lane<unknown>, 'lines'>, { clientId }: Notice, failure: string, attempt = 1): void {
    if (!lines.isFirst({ host: clientId }, this.clock.now())) return;
    this.logger.warn({ client: clientId, attempt, failure }, 'a client could not be told that a session ended');
  }
}

function namerOf(client: Client): NamedBy {
  return isSelfRegistered(client) ? 'untrusted' : 'us';
}
