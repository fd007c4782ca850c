import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { TracingSettings } from '../config';
import type { OnLost, OpenSpan, SpanEnd, Spans, SpanStart } from './spans';
import type { TraceContext } from './trace-context';

/** So many spans wait for the collector at most, about 2 MB; those that come then are lost. */
const waitingAtMost = 2_048;
const exportEveryMs = 1_000;
const exportTimeoutMs = 10_000;
const closeTimeoutMs = 1_000;
const longestValue = 200;

/** Exports spans by OTLP over HTTP; the one module that knows OpenTelemetry's packages, which are built into a file of its own. */
export function openTelemetry(
  { endpoint, headers, serviceName }: TracingSettings,
  identity: Readonly<Record<string, string>>,
  onLost: OnLost,
): Spans {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const queue = new Queue(new OTLPTraceExporter({ url, headers, timeoutMillis: exportTimeoutMs }), onLost);
  const provider = new TracerProvider({
    resource: defaultResource().merge(resourceFromAttributes({ 'service.name': serviceName, ...identity })),
    // What is not sampled makes no span: see sampling.ts.
    sampler: new AlwaysOnSampler(),
    spanLimits: { attributeValueLengthLimit: longestValue },
    spanProcessors: [queue],
  });
  const tracer = provider.getTracer('tessera');

  function start({ name, kind, startedAt, parent, attributes }: SpanStart): OpenSpan {
    const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, spanContextOf(parent));
    const options = {
      kind: kind === 'server' ? SpanKind.SERVER : SpanKind.CLIENT,
      startTime: timeOf(startedAt),
      attributes,
    };
    const span = tracer.startSpan(name, options, context);
    return {
      context: span.spanContext(),
      end: ({ endedAt, attributes: last, link, failed }: SpanEnd) => {
        span.setAttributes(last);
        if (link !== undefined) span.addLink({ context: spanContextOf(link) });
        if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end(timeOf(endedAt));
      },
    };
  }

  async function close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, closeTimeoutMs);
    });
    await Promise.race([provider.shutdown().catch(() => {}), late]);
    clearTimeout(timer);
  }

  return { start, close };
}

/** Batches spans, as many as may wait, and tells of those that are lost. */
class Queue extends BatchSpanProcessor {
  private waiting = 0;

  constructor(
    exporter: SpanExporter,
    private readonly onLost: OnLost,
  ) {
    const counting: SpanExporter = {
      export: (spans, done) =>
        exporter.export(spans, (result) => {
          this.waiting -= spans.length;
          if (result.error !== undefined) onLost(spans.length, kindOf(result.error));
          done(result);
        }),
      shutdown: () => exporter.shutdown(),
    };
    super({
      exporter: counting,
      maxQueueSize: waitingAtMost,
      scheduledDelayMillis: exportEveryMs,
      exportTimeoutMillis: exportTimeoutMs + 1_000,
    });
  }

  override onEnd(span: ReadableSpan): void {
    if (this.waiting >= waitingAtMost) return this.onLost(1);
    this.waiting += 1;
    super.onEnd(span);
  }
}

/** Not its message, which may quote the collector's answer. */
function kindOf(error: Error): string {
  return 'code' in error && (typeof error.code === 'string' || typeof error.code === 'number')
    ? String(error.code)
    : error.name;
}

function spanContextOf({ traceId, spanId }: TraceContext) {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
}

function timeOf(milliseconds: number): [seconds: number, nanoseconds: number] {
  const seconds = Math.floor(milliseconds / 1000);
  return [seconds, Math.min(Math.round((milliseconds - seconds * 1000) * 1e6), 999_999_999)];
}
