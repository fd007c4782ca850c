/** The cookies that a browser keeps of one origin, whatever their path. */
export class CookieJar {
  private readonly cookies = new Map<string, string>();

  /** The header that they are sent in; none where there are none. */
  header(): { readonly cookie?: string } {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return cookie === '' ? {} : { cookie };
  }

  /** Takes what an answer sets, by the lines of its `Set-Cookie`; what has expired is removed. Source: RFC 6265 §5.3. */
  take(lines: readonly string[]): void {
    for (const line of lines) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/;\s*max-age=0|expires=Thu, 01 Jan 1970/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }

  get(name: string): string | undefined {
    return this.cookies.get(name);
  }

  /** Puts a cookie in, as whoever is at the browser may. */
  set(name: string, value: string): void {
    this.cookies.set(name, value);
  }

  values(): readonly string[] {
    return [...this.cookies.values()];
  }
}
