import type { RequestListener, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import { keepLog } from '../run/run-log';
import { serveLocally } from '../run/local-server';

const attribute = z.object({
  key: z.string(),
  value: z.object({ stringValue: z.string().optional(), intValue: z.number().optional() }),
});
const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.number(),
  startTimeUnixNano: z.string(),
  endTimeUnixNano: z.string(),
  attributes: z.array(attribute),
  links: z.array(z.object({ traceId: z.string(), spanId: z.string() })),
  status: z.object({ code: z.number() }),
});
/** Source: OpenTelemetry, OTLP/HTTP in JSON. */
const exported = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(attribute) }),
      scopeSpans: z.array(z.object({ spans: z.array(span) })),
    }),
  ),
});

/** A span as the collector got it. */
export interface CollectedSpan extends Omit<z.infer<typeof span>, 'attributes'> {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
}

/** An OTLP receiver over HTTP, as a collector of OpenTelemetry is one. */
export interface Collector {
  readonly endpoint: string;
  readonly spans: CollectedSpan[];
  /** The bodies and headers of all that was sent, as text. */
  readonly received: string[];
  readonly headers: Readonly<Record<string, unknown>>[];
  close(): Promise<void>;
}

/** `answer`: by default, that all was taken. */
export async function startCollector(
  answer: (response: ServerResponse) => void = (response) => response.end('{}'),
): Promise<Collector> {
  const [spans, received, headers]: [CollectedSpan[], string[], Readonly<Record<string, unknown>>[]] = [[], [], []];
  const collect: RequestListener = (request, response) => {
    void text(request).then((body) => {
      if (request.url === '/v1/traces') {
        headers.push(request.headers);
        received.push(body);
        spans.push(...spansIn(body));
        // What is exported is scanned for credentials at the end of the run, as the logs are.
        keepLog(`${body}\n`);
      }
      answer(response);
    });
  };
  const { url: endpoint, close } = await serveLocally(collect, { host: 'localhost' });
  return { endpoint, spans, received, headers, close };
}

function spansIn(body: string): CollectedSpan[] {
  return exported.parse(JSON.parse(body)).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap(({ spans }) => spans)
      .map(({ attributes, ...others }) => ({
        ...others,
        attributes: valuesOf(attributes),
        resource: valuesOf(resource.attributes),
      })),
  );
}

function valuesOf(attributes: readonly z.infer<typeof attribute>[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));
}
