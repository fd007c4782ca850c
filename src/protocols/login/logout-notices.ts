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

/** Whom a notice is about, and who is to know. */
export interface EndedLogin {
  readonly sub: string;
  /** As the client's ID tokens name the session. */
  readonly sid: string;
  readonly clientId: string;
}

interface Notice extends EndedLogin {
  /** Milliseconds since the epoch, from which on nobody is told any more. */
  readonly until: number;
}

/** One that is told at this URL, as its client had it when its turn was asked for. */
interface Addressed extends Notice {
  readonly uri: string;
}

/** What waits apart from the others, and what is logged of it. */
interface Lane<Item> {
  readonly queue: FairQueue<Item>;
  readonly lines: LogAggregator;
}

const answersWithinMs = 5_000;
/** A host that is not known to be slow has less time, so that many that hang are soon found out. */
const foundOutWithinMs = 1_500;
/** From the end of the login on: what could not be told by then is given up. */
const toldWithinMs = 120_000;
const lookedUpAtOnce = 16;
/** So many clients have lines of their own in a minute, of each lane. */
const clientsLogged = 100;
/** Seconds; a client must not take it for one of another day. */
const tokenLifetime = 120;
const event = 'http://schemas.openid.net/event/backchannel-logout';
/** With these nobody is there who answers: the host is left alone for a while, and not the notice alone. */
const silences: readonly string[] = [
  'name_unresolved',
  'ip_refused',
  'unreachable',
  'timeout',
  'incomplete',
] satisfies OutboundFailure[];

/**
 * Tells clients that a session has ended, after the answer to whoever ended it. What waits is kept in memory, in a queue of
 * each host: what finds no room, what has waited for two minutes, and what waits in a process that is killed, is lost.
 * Source: OpenID Connect Back-Channel Logout 1.0 §2.5.
 */
@Injectable()
export class LogoutNotices implements BeforeApplicationShutdown, OnApplicationShutdown {
  /** Of which nobody has looked yet whom they go to. By client. */
  private readonly arrived = this.lane<Notice>(lookedUpAtOnce, (notice, attempt) => this.address(notice, attempt));
  /** By host. Our own clients never wait for those that anybody registered. */
  private readonly addressed: Readonly<Record<NamedBy, Lane<Addressed>>> = {
    us: this.lane(formsAtMost, (...attempt) => this.send('us', ...attempt)),
    strangers: this.lane(formsAtMost, (...attempt) => this.send('strangers', ...attempt)),
  };

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly clock: Clock,
    private readonly clients: ClientStore,
    private readonly keys: KeyRing,
    private readonly outbound: Outbound,
  ) {}

  /** Returns at once, and never throws. */
  tell({ sub, sid, clientId }: EndedLogin): void {
    this.arrive({ sub, sid, clientId, until: this.clock.now() + toldWithinMs });
  }

  /** What waits is tried once, as far as there is time for it, while the store is still open. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.drain();
  }

  /** And so is what the last requests have left. */
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

  /** Puts the notice into the queue of its client's host, if the client wants any. */
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

  /** Once there is a slot: what a notice costs, its signature above all, is spent where it can be sent. */
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
      const within = pace === 'slow' ? answersWithinMs : foundOutWithinMs;
      await this.outbound.fetch({ url: notice.uri, namedBy, form, atMost: 0, within });
      this.logger.info({ client: notice.clientId, attempt }, 'a client was told that a session ended');
      return 'done';
    } catch (error) {
      const failure = error instanceof OutboundError ? error.failure : 'store_unavailable';
      this.warn(lane, notice, failure, attempt);
      return silences.includes(failure) ? 'unanswered' : 'refused';
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

  /** Of each client and minute the first is logged, and of the others their number. */
  private warn({ lines }: Pick<Lane<unknown>, 'lines'>, { clientId }: Notice, failure: string, attempt = 1): void {
    if (!lines.isFirst({ host: clientId }, this.clock.now())) return;
    this.logger.warn({ client: clientId, attempt, failure }, 'a client could not be told that a session ended');
  }
}

function namerOf(client: Client): NamedBy {
  return isSelfRegistered(client) ? 'strangers' : 'us';
}
