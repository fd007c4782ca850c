import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';
import type { Cleanup } from './cleanup';

/** An alert as Alertmanager told of it. */
export interface ToldAlert {
  readonly name: string;
  readonly severity: string;
  readonly labels: Readonly<Record<string, string>>;
  /** When this process was told that it fires, and that it is over; by performance.now(). */
  readonly firingAt: number;
  resolvedAt: number | undefined;
}

/** Source: Alertmanager, Configuration, <webhook_config>. */
const notification = z.object({
  alerts: z.array(
    z.object({
      status: z.enum(['firing', 'resolved']),
      labels: z.record(z.string(), z.string()),
      fingerprint: z.string(),
    }),
  ),
});

/** Takes what Alertmanager sends, as the pager and the ticket system would. */
export class AlertReceiver {
  private readonly told: ToldAlert[] = [];
  private readonly firing = new Map<string, ToldAlert>();

  private constructor(readonly port: number) {}

  static async open(cleanup: Cleanup): Promise<AlertReceiver> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        receiver.take(JSON.parse(Buffer.concat(chunks).toString()));
        response.end();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanup.add(() => {
      server.closeAllConnections();
      server.close();
    });
    const receiver = new AlertReceiver((server.address() as AddressInfo).port);
    return receiver;
  }

  /** In the order in which they came. */
  get alerts(): readonly ToldAlert[] {
    return this.told;
  }

  private take(body: unknown): void {
    const at = performance.now();
    for (const { status, labels, fingerprint } of notification.parse(body).alerts) {
      const known = this.firing.get(fingerprint);
      if (status === 'resolved') {
        if (known !== undefined) known.resolvedAt = at;
        this.firing.delete(fingerprint);
      } else if (known === undefined) {
        const { alertname: name = '', severity = '' } = labels;
        const alert: ToldAlert = { name, severity, labels, firingAt: at, resolvedAt: undefined };
        this.firing.set(fingerprint, alert);
        this.told.push(alert);
      }
    }
  }
}
