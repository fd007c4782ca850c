/** The parameters of a query or a form, as OAuth reads them: in order, none given twice, an empty one as omitted. */
export class Parameters {
  private constructor(private readonly entries: readonly (readonly [name: string, value: string])[]) {}

  /** Reads `application/x-www-form-urlencoded`, which is also the form of a query. */
  static parse(text: string): Parameters {
    return new Parameters([...new URLSearchParams(text)]);
  }

  /** The value, or undefined when the parameter is absent or empty. Source: RFC 6749 §3.1. */
  get(name: string): string | undefined {
    const value = this.entries.find(([each]) => each === name)?.[1];
    return value === '' ? undefined : value;
  }

  getAll(name: string): string[] {
    return this.entries.filter(([each, value]) => each === name && value !== '').map(([, value]) => value);
  }

  /** True when a parameter other than `except` is given more than once. Source: RFC 6749 §3.1, RFC 8707 §2. */
  hasRepeated(except?: string): boolean {
    const names = this.entries.map(([name]) => name).filter((name) => name !== except);
    return new Set(names).size < names.length;
  }

  /** The same parameters but those named, as a query without its question mark. */
  without(...names: readonly string[]): string {
    return new URLSearchParams(
      this.entries.filter(([name]) => !names.includes(name)).map(([name, value]): [string, string] => [name, value]),
    ).toString();
  }
}
