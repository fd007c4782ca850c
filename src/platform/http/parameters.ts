import { formEntries } from './form-encoding';

/** The parameters of a query or form by OAuth's rules: ordered, none repeated, an empty one counts as omitted. */
export class Parameters {
  private constructor(
    private readonly entries: readonly (readonly [name: string, value: string])[],
    /** The first value of each name. */
    private readonly values: ReadonlyMap<string, string>,
    private readonly repeated: readonly string[],
  ) {}

  /** Parses `application/x-www-form-urlencoded`, which is also the format of a query. Source: URL Standard §5.1. */
  static parse(text: string): Parameters {
    if (text === '') return none;
    const entries = formEntries(text);
    const values = new Map<string, string>();
    const repeated: string[] = [];
    for (const [name, value] of entries) {
      if (values.has(name)) repeated.push(name);
      else values.set(name, value);
    }
    return new Parameters(entries, values, repeated);
  }

  /** The value, or undefined when the parameter is absent or empty. Source: RFC 6749 §3.1. */
  get(name: string): string | undefined {
    const value = this.values.get(name);
    return value === '' ? undefined : value;
  }

  /** The distinct names of all parameters. */
  get names(): string[] {
    return [...this.values.keys()];
  }

  getAll(name: string): string[] {
    if (!this.values.has(name)) return [];
    return this.entries.filter(([each, value]) => each === name && value !== '').map(([, value]) => value);
  }

  /** True when a parameter other than `except` is repeated. Source: RFC 6749 §3.1, RFC 8707 §2. */
  hasRepeated(except?: string): boolean {
    return this.repeated.some((name) => name !== except);
  }

  /** The parameters without these, as a query without its question mark. */
  without(...names: readonly string[]): string {
    return queryOf(this.entries.filter(([name]) => !names.includes(name)));
  }

  /** Only these parameters, as a query without its question mark. */
  only(...names: readonly string[]): string {
    return queryOf(this.entries.filter(([name]) => names.includes(name)));
  }
}

function queryOf(entries: readonly (readonly [name: string, value: string])[]): string {
  return new URLSearchParams(entries.map(([name, value]): [string, string] => [name, value])).toString();
}

const none = Parameters.parse('&');
