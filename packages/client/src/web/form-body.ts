/** What was posted, as a `Request` of the Fetch standard has it. */
interface Posted {
  readonly headers: { get(name: string): string | null };
  readonly body?: ReadableStream<Uint8Array> | null | undefined;
}

/** The field of a form in a body of so many bytes at most; undefined of any other body. */
export async function formField({ headers, body }: Posted, name: string, atMost: number): Promise<string | undefined> {
  if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(headers.get('content-type') ?? '')) return undefined;
  const text = body ? await textOf(body, atMost) : undefined;
  const values = new URLSearchParams(text).getAll(name);
  return values.length === 1 ? values[0] : undefined;
}

/** Undefined where there is more, or it breaks off. */
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
