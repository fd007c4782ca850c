import { json } from 'node:stream/consumers';
import * as z from 'zod';
import type { Cleanup } from '../run/cleanup';
import { serveLocally } from '../run/local-server';

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
  status: z.enum(['firing', 'resolved']),
  groupLabels: z.record(z.string(), z.string()),
  alerts: z.array(
    z.object({
      status: z.enum(['firing', 'resolved']),
      labels: z.record(z.string(), z.string()),
      fingerprint: z.string(),
    }),
  ),
});

/** `receiver`: `page` or `ticket`. */
export type Notification = z.infer<typeof notification> & { readonly receiver: string };

/** Takes what Alertmanager sends, as the pager and the ticket system would. */
export class AlertReceiver {
  readonly notifications: Notification[] = [];
  private readonly told: ToldAlert[] = [];
  private readonly firing = new Map<string, ToldAlert>();

  /** Of the loopback interface. */
  port = 0;

  static async open(cleanup: Cleanup): Promise<AlertReceiver> {
    const receiver = new AlertReceiver();
    const server = await serveLocally((request, response) => {
      void json(request).then((body) => {
        receiver.take({ ...notification.parse(body), receiver: (request.url ?? '').slice(1) });
        response.end();
      });
    });
    receiver.port = server.port;
    cleanup.add(server.close);
    return receiver;
  }

  /** In the order in which they came. */
  get alerts(): readonly ToldAlert[] {
    return this.told;
  }

  private take(told: Notification): void {
    const at = performance.now();
    this.notifications.push(told);
    for (const { status, labels, fingerprint } of told.alerts) {
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
