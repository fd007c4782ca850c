/**
 * The chunks of a body that was fetched, until it ends. Leaving the loop early closes its connection, and so does `signal`, which
 * ends the loop with its reason: a `fetch` that refuses redirects forgets the signal when garbage is collected after the answer
 * has begun, and whoever answers a byte at a time would be listened to for ever (nodejs/node#55428, before Node.js 24).
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

/** The whole body as text in UTF-8. Rejects as {@link chunksOf} does. */
export async function textOf(response: Response, signal: AbortSignal): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of chunksOf(response, signal)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
