import type { WebRequest } from './web-login.ts';

/** The used part of a request of Express or Fastify. */
interface NodeRequest {
  readonly method: string;
  readonly originalUrl: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** `bodyOf` is only called for a request whose body is read. */
export function nodeWebRequest(
  { method, originalUrl, headers }: NodeRequest,
  bodyOf: () => ReadableStream<Uint8Array> | null,
): WebRequest {
  return {
    method,
    url: originalUrl,
    headers: {
      get: (name) => {
        const value = headers[name];
        return typeof value === 'string' ? value : null;
      },
    },
    get body() {
      return bodyOf();
    },
  };
}

/** A body as Node.js has it, as the Fetch standard does. */
export function streamOf(body: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
  });
}
