import type { TraceContext } from './trace-context';

/** Names and numbers of ours; nothing that a caller sent but the ids of its trace. */
export type Attributes = Readonly<Record<string, string | number>>;

export interface SpanStart {
  readonly name: string;
  /** `server`: a request; `client`: a call to the store. */
  readonly kind: 'server' | 'client';
  /** Milliseconds since the epoch, with fractions. */
  readonly startedAt: number;
  readonly parent: TraceContext | undefined;
  readonly attributes: Attributes;
}

export interface SpanEnd {
  /** Milliseconds since the epoch, with fractions. */
  readonly endedAt: number;
  readonly attributes: Attributes;
  /** What it follows, of another trace. */
  readonly link?: TraceContext | undefined;
  /** True for a fault of ours, or of the store. */
  readonly failed: boolean;
}

export interface OpenSpan {
  readonly context: TraceContext;
  end(end: SpanEnd): void;
}

/** Takes spans and exports them; it never throws, and never delays the one who tells. */
export interface Spans {
  start(start: SpanStart): OpenSpan;
  /** Exports what is left, as far as that is done in a second. */
  close(): Promise<void>;
}

/** Hears how many spans were lost, and of what kind of error, if any. */
export type OnLost = (spans: number, error?: string) => void;
