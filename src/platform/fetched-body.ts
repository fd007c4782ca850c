/**
 * The chunks of a fetched body. Leaving the loop early closes the connection, and so does `signal`, whose reason the loop
 * throws. Needed because a `fetch` that refuses redirects loses the signal to garbage collection once the response has begun: a
 * host that sends a byte at a time would be read for ever (nodejs/node#55428, before Node.js 24).
 */
export async function* chunksOf({ body }: Response, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  if (body === null) return;
  const reader = body.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener('abort', cancel);
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener('abort', cancel);
    cancel();
  }
}

/** The whole body as UTF-8 text. Rejects as {@link chunksOf} does. */
export async function textOf(response: Response, signal: AbortSignal): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of chunksOf(response, signal)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
