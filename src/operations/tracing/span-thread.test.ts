import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../test/support/run/eventually';
import { type Collector, startCollector } from '../../../test/support/operations/collector';
import { SpanThread } from './span-thread';
import type { OnLost, OpenSpan } from './spans';

const start = (spans: SpanThread): OpenSpan =>
  spans.start({ name: 'a span', kind: 'server', startedAt: 1_000.5, parent: undefined, attributes: { first: 1 } });
const end = { endedAt: 1_001, attributes: { last: 'x'.repeat(300) }, failed: true };

describe('the thread that exports spans', () => {
  let collector: Collector;
  const lost: Parameters<OnLost>[] = [];

  beforeEach(async () => {
    collector = await startCollector();
    lost.length = 0;
  });
  afterEach(() => collector.close());

  const begun = (endpoint = collector.endpoint, sendEveryMs = 60_000) =>
    new SpanThread({ endpoint, headers: {}, serviceName: 'unit', ratio: 1, sendEveryMs }, {}, (...told) =>
      lost.push(told),
    );

  it('given a span, when it has ended, then it arrives with the ids that it had from the start', async () => {
    const spans = begun();
    const parent = start(spans);
    const child = spans.start({
      name: 'its child',
      kind: 'client',
      startedAt: 1_000,
      parent: parent.context,
      attributes: {},
    });
    child.end({ endedAt: 1_001, attributes: {}, failed: false });
    parent.end({ ...end, link: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) } });
    await spans.close();

    const [first, second] = collector.spans;
    expect(first).toMatchObject({
      ...child.context,
      parentSpanId: parent.context.spanId,
      kind: 3,
      status: { code: 0 },
    });
    expect(second).toMatchObject({
      ...parent.context,
      kind: 2,
      startTimeUnixNano: '1000500000',
      endTimeUnixNano: '1001000000',
      attributes: { first: 1, last: 'x'.repeat(200) },
      links: [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }],
      status: { code: 2 },
    });
    expect(second).not.toHaveProperty('parentSpanId', expect.anything());
    expect(first?.traceId).toBe(second?.traceId);
    expect(lost).toEqual([]);
  });

  it('given more spans at once than may wait, when they end, then the rest is told as lost and those arrive', async () => {
    const spans = begun();
    for (let count = 0; count < 2_148; count += 1) start(spans).end(end);
    expect(lost).toHaveLength(100);
    await eventually(async () => collector.spans.length === 2_048, { withinMs: 10_000 });

    // What has arrived waits no more.
    await eventually(
      async () => {
        for (let count = 0; count < 512; count += 1) start(spans).end(end);
        return collector.spans.length > 2_048;
      },
      { withinMs: 10_000 },
    );
    await spans.close();
  });

  it('given a thread that fails, when spans end, then they are told as lost, and so are those of the next one', async () => {
    const spans = begun('no URL', 100);

    for (const round of [1, 2]) {
      start(spans).end(end);
      await eventually(async () => lost.length === round, { withinMs: 10_000 });
    }

    expect(lost).toEqual([
      [1, expect.any(String)],
      [1, expect.any(String)],
    ]);
    await spans.close();
  });
});
