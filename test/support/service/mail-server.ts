import { once } from 'node:events';
import { SMTPServer } from 'smtp-server';
import { freePort } from '../run/free-port';

export interface ReceivedMail {
  readonly to: string;
  readonly subject: string;
  /** The decoded text. */
  readonly text: string;
  readonly messageId: string;
}

const account = { user: 'tessera', pass: 'a password of the mail server' };

/** A real SMTP server that keeps what it accepts, and may be away for a while. */
export class MailServer {
  readonly mails: ReceivedMail[] = [];
  private server: SMTPServer | undefined;
  private waiting: (() => void)[] = [];

  private constructor(private readonly port: number) {}

  static async start(): Promise<MailServer> {
    const server = new MailServer(await freePort());
    await server.comeBack();
    return server;
  }

  /** The settings that make a service send here. */
  get env(): Readonly<Record<string, string>> {
    const password = encodeURIComponent(account.pass);
    return {
      SMTP_URL: `smtp://${account.user}:${password}@127.0.0.1:${this.port}`,
      MAIL_FROM: 'Tessera <no-reply@tessera.example>',
    };
  }

  async comeBack(): Promise<void> {
    this.server = new SMTPServer({
      allowInsecureAuth: true,
      hideSTARTTLS: true,
      onAuth: ({ username, password }, _session, done) => {
        const isRight = username === account.user && password === account.pass;
        done(isRight ? null : new Error('wrong password'), { user: username });
      },
      onRcptTo: ({ address }, _session, done) =>
        done(address.startsWith('unknown') ? Object.assign(new Error('no such mailbox'), { responseCode: 550 }) : null),
      onData: (stream, { envelope }, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          this.accept(envelope.rcptTo[0]?.address ?? '', Buffer.concat(chunks).toString());
          done();
        });
      },
    });
    this.server.on('error', () => {});
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server.server, 'listening');
  }

  async goAway(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  async stop(): Promise<void> {
    await this.goAway();
  }

  /** The mails to this address, as soon as there are so many. */
  async to(address: string, count = 1): Promise<ReceivedMail[]> {
    for (;;) {
      const received = this.mails.filter(({ to }) => to === address);
      if (received.length >= count) return received;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  private accept(to: string, raw: string): void {
    const [head = '', ...body] = raw.split('\r\n\r\n');
    const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]?.trim() ?? '';
    const text = body.join('\n\n');
    const isQuoted = header('Content-Transfer-Encoding') === 'quoted-printable';
    const mail = { to, subject: header('Subject'), messageId: header('Message-ID') };
    this.mails.push({ ...mail, text: isQuoted ? unquoted(text) : text });
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

/** The URL of the link in a mail. */
export function linkIn({ text }: ReceivedMail): string {
  return /^https?:\S+\/link#\S+$/m.exec(text)?.[0] ?? 'no link';
}

/** Source: RFC 2045 §6.7. */
function unquoted(text: string): string {
  const bytes = text
    .replaceAll('=\r\n', '')
    .replaceAll(/=([\dA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number(`0x${hex}`)));
  return Buffer.from(bytes, 'latin1').toString();
}
