import type { ServerSentEvent } from './event-stream';
import * as z from 'zod';

const started = z.object({ expected: z.object({ steps: z.number(), attacks: z.number() }) });
const told = z.object({ model: z.string().optional(), step: z.string().optional(), name: z.string().optional() });
const barWidth = 30;

/** A progress line on a terminal; silent otherwise. */
export class Progress {
  private total = 0;
  private done = 0;

  constructor(private readonly terminal: { readonly isTTY?: boolean; write(text: string): unknown }) {}

  show({ type, data }: ServerSentEvent): void {
    if (this.terminal.isTTY !== true) return;
    const { expected } = started.safeParse(data).data ?? {};
    if (expected !== undefined) this.total = expected.steps + expected.attacks;
    if (type !== 'step' && type !== 'attack') return;
    this.done += 1;
    const { model = '', step = '', name = `${model} ${step}` } = told.safeParse(data).data ?? {};
    const filled = Math.round((barWidth * this.done) / Math.max(this.total, this.done));
    const bar = '█'.repeat(filled).padEnd(barWidth, '░');
    this.terminal.write(`\r\u001B[K${bar} ${this.done}/${this.total} ${name}`);
  }

  clear(): void {
    if (this.terminal.isTTY === true) this.terminal.write('\r\u001B[K');
  }
}
