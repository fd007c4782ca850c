import { describe, expect, it } from '@jest/globals';
import { parseTraceparent, traceparentOf } from './trace-context';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';

describe('traceparent', () => {
  // The example of W3C Trace Context §3.2, with either flag, and what a later version may look like.
  it.each([
    `00-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}-00`,
    `00-${traceId}-${spanId}-ff`,
    `01-${traceId}-${spanId}-01`,
    `cc-${traceId}-${spanId}-01-what-the-future-brings`,
  ])('given %s, when it is read, then it names a trace and a span', (value) => {
    expect(parseTraceparent(value)).toEqual({ traceId, spanId });
  });

  it.each([
    ['nothing', undefined],
    ['two of them', [`00-${traceId}-${spanId}-01`, `00-${traceId}-${spanId}-01`]],
    ['two of them in a line', `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${spanId}-01`],
    ['a span of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['the forbidden version', `ff-${traceId}-${spanId}-01`],
    ['more than version 00 has', `00-${traceId}-${spanId}-01-more`],
    ['a longer flag', `01-${traceId}-${spanId}-011`],
    ['upper case', `00-${traceId.toUpperCase()}-${spanId}-01`],
    ['no flags', `00-${traceId}-${spanId}`],
    ['a short trace', `00-${traceId.slice(1)}-${spanId}-01`],
    ['a line break', `00-${traceId}-${spanId}-01\n`],
  ])('given %s, when it is read, then there is none', (_case, value) => {
    expect(parseTraceparent(value)).toBeUndefined();
  });

  it('given a span, when it is written, then it is read again', () => {
    expect(parseTraceparent(traceparentOf({ traceId, spanId }))).toEqual({ traceId, spanId });
  });
});
