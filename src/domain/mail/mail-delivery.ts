import { setTimeout as delay } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import type { Transporter } from 'nodemailer';
import type { Logger } from 'pino';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { LOGGER } from '../../platform/logger';
import { MailContents } from './mail-contents';
import { type Mail, MailStore } from './mail-store';
import { Outbox } from './outbox';

const second = 1_000;
const lookEveryMs = 5 * second;
const atOnce = 20;
/** Longer than any attempt takes: after this time the process that has the mail is taken for dead. */
const attemptMs = 180 * second;
const firstRetryMs = 5 * second;
const longestRetryMs = 900 * second;
/** Milliseconds that the end of the process waits for a mail under way. */
const endWithinMs = 3 * second;
const timeouts = {
  dnsTimeout: 10 * second,
  connectionTimeout: 10 * second,
  greetingTimeout: 10 * second,
  socketTimeout: 30 * second,
};

/**
 * Sends the mails of the store. Every process does it: one takes a mail by a conditional write, and the next takes it over when
 * that one dies. A mail may so arrive twice, with the same Message-ID, but is not lost before it expires.
 */
@Injectable()
export class MailDelivery implements BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private transport: Transporter | undefined;
  private running: Promise<void> = Promise.resolve();
  private waiting: Promise<void> | undefined;
  private isEnding = false;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly clock: Clock,
    private readonly store: MailStore,
    private readonly outbox: Outbox,
    private readonly contents: MailContents,
  ) {}

  /** Begins to send the mails of a store that is ours. */
  begin(): void {
    if (!this.outbox.isOn) return;
    this.outbox.onAccepted = () => void this.deliver();
    this.timer = setInterval(() => void this.deliver(), lookEveryMs).unref();
    void this.deliver();
  }

  /** Resolves when everything that is due was tried, or the server did not take one. */
  async deliver(): Promise<void> {
    this.waiting ??= this.running.then(() => {
      this.waiting = undefined;
      this.running = this.deliverDue().catch((error: unknown) => {
        this.logger.warn({ err: error }, 'mails could not be sent');
      });
      return this.running;
    });
    return this.waiting;
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isEnding = true;
    clearInterval(this.timer);
    // A server that hangs does not hold up the end: another process takes its mail over.
    await Promise.race([this.running, delay(endWithinMs, undefined, { ref: false })]);
    this.transport?.close();
  }

  private async deliverDue(): Promise<void> {
    for (;;) {
      const due = await this.store.due(this.clock.now(), atOnce);
      for (const { id } of due) {
        // The others would only wait for the same server: they stay due.
        if (this.isEnding || !(await this.attempt(id))) return;
      }
      if (due.length === 0) return;
    }
  }

  /** False when the server does not take mails now. */
  private async attempt(id: string): Promise<boolean> {
    const now = this.clock.now();
    const mail = await this.store.claim(id, now, now + attemptMs);
    if (mail === undefined) return true;
    const text = mail.expiresAt <= now ? undefined : await this.contents.of(mail);
    if (text === undefined) {
      await this.store.remove(id);
      return true;
    }
    try {
      await this.send({ ...text, to: mail.to, messageId: `<${id}@${new URL(this.config.issuer).hostname}>` });
    } catch (error) {
      return this.failed(mail, error);
    }
    await this.store.remove(id);
    return true;
  }

  private async send(message: { to: string; subject: string; text: string; messageId: string }): Promise<void> {
    const { smtpUrl, from = '' } = this.config.mail ?? {};
    const { createTransport } = await import('nodemailer');
    this.transport ??= createTransport({ url: smtpUrl, ...timeouts, disableFileAccess: true, disableUrlAccess: true });
    await this.transport.sendMail({ ...message, from, headers: { 'Auto-Submitted': 'auto-generated' } });
  }

  private async failed({ id, attempts }: Mail, error: unknown): Promise<boolean> {
    const { code, responseCode = 0 } = error as { readonly code?: string; readonly responseCode?: number };
    const isOfThisMail = code === 'EENVELOPE' || code === 'EMESSAGE';
    const isFinal = isOfThisMail && responseCode >= 500;
    // Neither the message, which may quote the mail, nor the address.
    this.logger.warn({ code, responseCode, attempts, givenUp: isFinal }, 'a mail could not be sent');
    const backoff = Math.min(firstRetryMs * 2 ** (attempts - 1), longestRetryMs);
    if (isFinal) await this.store.remove(id);
    else await this.store.postpone(id, this.clock.now() + backoff);
    return isOfThisMail;
  }
}
