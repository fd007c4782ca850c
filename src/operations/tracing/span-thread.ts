import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { TracingSettings } from '../../platform/config';
import { root } from '../../root';
import type { OnLost, OpenSpan, SpanEnd, Spans, SpanStart } from './spans';
import type { TraceContext } from './trace-context';

/** So many spans wait for the collector at most, about 2 MB; those that come then are lost. */
const waitingAtMost = 2_048;
const batchAtMost = 512;
const closeTimeoutMs = 5_000;

/** A span that is over, as the thread gets it. */
type EndedSpan = SpanStart & SpanEnd & { readonly context: TraceContext };

/** What became of a batch: with an error, it is lost. */
interface Outcome {
  readonly spans: number;
  readonly error?: string;
}

/**
 * Exports spans by OTLP over HTTP, in a thread of its own: an HTTP client among the code of the server costs each request 2 %
 * of its CPU from the first use on, however rarely it is used, because what both share is compiled for both.
 * For the same reason nothing here is called when the thread has something to tell: it is asked with each batch.
 */
export class SpanThread implements Spans {
  private thread: Worker | undefined;
  private outcomes: MessagePort | undefined;
  private batch: EndedSpan[] = [];
  /** How many are in the batch, or were sent and not heard of. */
  private waiting = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly settings: TracingSettings,
    private readonly identity: Readonly<Record<string, string>>,
    private readonly onLost: OnLost,
  ) {
    this.begin();
    this.timer = setInterval(() => this.send(), settings.sendEveryMs).unref();
  }

  start(start: SpanStart): OpenSpan {
    const traceId = start.parent?.traceId ?? randomBytes(16).toString('hex');
    const context = { traceId, spanId: randomBytes(8).toString('hex') };
    return { context, end: (end) => this.keep(start, end, context) };
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.send();
    const { thread } = this;
    if (thread === undefined) return;
    const ended = once(thread, 'exit').catch(() => undefined);
    thread.postMessage(undefined);
    const timer = setTimeout(() => void thread.terminate(), closeTimeoutMs);
    await ended;
    clearTimeout(timer);
  }

  private keep(start: SpanStart, end: SpanEnd, context: TraceContext): void {
    // What has arrived meanwhile makes room.
    if (this.waiting >= waitingAtMost) this.collectOutcomes();
    if (this.waiting >= waitingAtMost) return this.onLost(1);
    this.waiting += 1;
    this.batch.push({ ...start, ...end, attributes: { ...start.attributes, ...end.attributes }, context });
    if (this.batch.length >= batchAtMost) this.send();
  }

  private send(): void {
    this.collectOutcomes();
    if (this.batch.length === 0) return;
    const thread = this.thread ?? this.begin();
    thread.postMessage(this.batch);
    this.batch = [];
  }

  private collectOutcomes(): void {
    if (this.outcomes === undefined) return;
    for (;;) {
      const { message } = (receiveMessageOnPort(this.outcomes) ?? {}) as { readonly message?: Outcome };
      if (message === undefined) return;
      this.waiting -= message.spans;
      if (message.error !== undefined) this.onLost(message.spans, message.error);
    }
  }

  private begin(): Worker {
    const { endpoint, headers, serviceName } = this.settings;
    const { port1: outcomes, port2: telling } = new MessageChannel();
    const thread = new Worker(join(root, 'operations/tracing/span-worker.js'), {
      execArgv: [],
      // What the exporter reads for itself: see docs/tracing.md.
      env: Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('OTEL_'))),
      workerData: {
        url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
        headers,
        resource: { 'service.name': serviceName, ...this.identity },
        waitingAtMost,
        outcomes: telling,
      },
      transferList: [telling],
    });
    thread.unref();
    // With the thread goes what it had not sent; the next batch begins another.
    thread.on('error', (error) => this.drop(thread, error.name));
    thread.on('exit', () => this.drop(thread, 'ended'));
    this.thread = thread;
    this.outcomes = outcomes;
    return thread;
  }

  private drop(thread: Worker, error: string): void {
    if (this.thread !== thread) return;
    this.collectOutcomes();
    this.outcomes?.close();
    this.thread = undefined;
    this.outcomes = undefined;
    const lost = this.waiting - this.batch.length;
    this.waiting = this.batch.length;
    if (lost > 0) this.onLost(lost, error);
  }
}
