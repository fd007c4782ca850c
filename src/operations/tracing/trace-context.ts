/** A span, and the trace that it is part of: 16 and 8 bytes in hex. Source: W3C Trace Context §3.2.2. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
}

const pattern = /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-[\da-f]{2}(-.*)?$/;

/**
 * The span that `traceparent` names, whatever its flags say; undefined where there is none, or it is malformed. Of a later
 * version, what it begins with. Source: W3C Trace Context §3.2.2.
 */
export function parseTraceparent(value: string | readonly string[] | undefined): TraceContext | undefined {
  if (typeof value !== 'string') return undefined;
  const [, version, traceId, spanId, more] = pattern.exec(value) ?? [];
  if (traceId === undefined || spanId === undefined || (version === '00' && more !== undefined)) return undefined;
  return { traceId, spanId };
}

/** Of a span that is sampled. Source: W3C Trace Context §3.2.2. */
export function traceparentOf({ traceId, spanId }: TraceContext): string {
  return `00-${traceId}-${spanId}-01`;
}
