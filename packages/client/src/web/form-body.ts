/** The used part of a Fetch `Request` with a body. */
interface Posted {
  readonly headers: { get(name: string): string | null };
  readonly body?: ReadableStream<Uint8Array> | null | undefined;
}

/** A field of a form whose body has at most `atMost` bytes; undefined for any other body. */
export async function formField({ headers, body }: Posted, name: string, atMost: number): Promise<string | undefined> {
  if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(headers.get('content-type') ?? '')) return undefined;
  const text = body ? await textOf(body, atMost) : undefined;
  const values = new URLSearchParams(text).getAll(name);
  return values.length === 1 ? values[0] : undefined;
}

/** Undefined when it is longer or incomplete. */
async function textOf(body: ReadableStream<Uint8Array>, atMost: number): Promise<string | undefined> {
  try {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    let text = '';
    let size = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      size += value.byteLength;
      if (size > atMost) return undefined;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    return undefined;
  }
}
