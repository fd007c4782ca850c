/** The parameters of a query or a form, as OAuth reads them: in order, none given twice, an empty one as omitted. */
export class Parameters {
  private constructor(private readonly entries: readonly (readonly [name: string, value: string])[]) {}

  /** Reads `application/x-www-form-urlencoded`, which is also the form of a query, exactly as URLSearchParams does. */
  static parse(text: string): Parameters {
    if (text === '') return none;
    const entries: [name: string, value: string][] = [];
    for (const pair of (text.startsWith('?') ? text.slice(1) : text).split('&')) {
      if (pair === '') continue;
      const equals = pair.indexOf('=');
      if (equals === -1) entries.push([decoded(pair), '']);
      else entries.push([decoded(pair.slice(0, equals)), decoded(pair.slice(equals + 1))]);
    }
    return new Parameters(entries);
  }

  /** The value, or undefined when the parameter is absent or empty. Source: RFC 6749 §3.1. */
  get(name: string): string | undefined {
    for (const [each, value] of this.entries) if (each === name) return value === '' ? undefined : value;
    return undefined;
  }

  getAll(name: string): string[] {
    return this.entries.filter(([each, value]) => each === name && value !== '').map(([, value]) => value);
  }

  /** True when a parameter other than `except` is given more than once. Source: RFC 6749 §3.1, RFC 8707 §2. */
  hasRepeated(except?: string): boolean {
    const seen = new Set<string>();
    for (const [name] of this.entries) {
      if (name === except) continue;
      if (seen.has(name)) return true;
      seen.add(name);
    }
    return false;
  }

  /** The same parameters but those named, as a query without its question mark. */
  without(...names: readonly string[]): string {
    return new URLSearchParams(
      this.entries.filter(([name]) => !names.includes(name)).map(([name, value]): [string, string] => [name, value]),
    ).toString();
  }
}

const none = Parameters.parse('&');

const encoded = /[%+\ud800-\udfff]/;
const loneSurrogate = /\p{Surrogate}/u;

function decoded(text: string): string {
  if (!encoded.test(text)) return text;
  try {
    if (!loneSurrogate.test(text)) return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    // A malformed escape, or bytes that are no UTF-8.
  }
  return new URLSearchParams(`=${text}`).get('') ?? '';
}
