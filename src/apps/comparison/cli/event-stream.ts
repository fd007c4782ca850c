/** A server-sent event. */
export interface ServerSentEvent {
  readonly type: string;
  readonly data: unknown;
}

/** Reads server-sent events as they arrive; comments are skipped. Source: HTML Living Standard §9.2.6. */
export async function* eventsIn(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, type, data] = /^event: (.*)\ndata: (.*)$/m.exec(block) ?? [];
      if (type !== undefined && data !== undefined) yield { type, data: JSON.parse(data) };
    }
  }
}
