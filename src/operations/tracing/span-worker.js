// A thread of span-thread.ts, and the one module that knows OpenTelemetry: what is built of it holds its packages. In
// JavaScript, because a thread has no compiler, neither in tests nor in development.
'use strict';

const { parentPort, workerData } = require('node:worker_threads');
const { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } = require('@opentelemetry/api');
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-http');
const { defaultResource, resourceFromAttributes } = require('@opentelemetry/resources');
const { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } = require('@opentelemetry/sdk-trace');

const { url, headers, resource, waitingAtMost, outcomes } = workerData;
const exportTimeoutMs = 10_000;
const longestValue = 200;

const exporter = new OTLPTraceExporter({ url, headers, timeoutMillis: exportTimeoutMs });
/** Tells what became of each batch. */
const telling = {
  export: (spans, done) =>
    exporter.export(spans, (result) => {
      outcomes.postMessage({ spans: spans.length, ...(result.error !== undefined && { error: kindOf(result.error) }) });
      done(result);
    }),
  shutdown: () => exporter.shutdown(),
};

/** The ids of the next span, which has them already. */
let ids = {};
const provider = new TracerProvider({
  resource: defaultResource().merge(resourceFromAttributes(resource)),
  // What is not sampled makes no span: see sampling.ts.
  sampler: new AlwaysOnSampler(),
  idGenerator: { generateTraceId: () => ids.traceId, generateSpanId: () => ids.spanId },
  spanLimits: { attributeValueLengthLimit: longestValue },
  spanProcessors: [
    new BatchSpanProcessor({
      exporter: telling,
      maxQueueSize: waitingAtMost,
      // They have waited to be a batch already.
      scheduledDelayMillis: 1,
      exportTimeoutMillis: exportTimeoutMs + 1_000,
    }),
  ],
});
const tracer = provider.getTracer('tessera');

parentPort.on('message', (spans) => {
  if (spans === undefined) provider.shutdown().finally(() => parentPort.close());
  else for (const span of spans) keep(span);
});

function keep({ context, name, kind, parent, startedAt, endedAt, attributes, link, failed }) {
  ids = context;
  const options = {
    kind: kind === 'server' ? SpanKind.SERVER : SpanKind.CLIENT,
    startTime: timeOf(startedAt),
    attributes,
    links: link === undefined ? [] : [{ context: spanContextOf(link) }],
  };
  const within = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, spanContextOf(parent));
  const span = tracer.startSpan(name, options, within);
  if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(timeOf(endedAt));
}

/** Not its message, which may quote the collector's answer. */
function kindOf(error) {
  return typeof error.code === 'string' || typeof error.code === 'number' ? String(error.code) : error.name;
}

function spanContextOf({ traceId, spanId }) {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
}

function timeOf(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  return [seconds, Math.min(Math.round((milliseconds - seconds * 1000) * 1e6), 999_999_999)];
}
