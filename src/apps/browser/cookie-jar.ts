/** A browser's cookies for one origin, whatever their path. */
export class CookieJar {
  private readonly cookies = new Map<string, string>();

  /** The header with the cookies; absent without any. */
  header(): { readonly cookie?: string } {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return cookie === '' ? {} : { cookie };
  }

  /** Stores the cookies of `Set-Cookie` lines and removes expired ones. Source: RFC 6265 §5.3. */
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

  /** Sets a cookie, as the browser's user could. */
  set(name: string, value: string): void {
    this.cookies.set(name, value);
  }

  entries(): readonly (readonly [name: string, value: string])[] {
    return [...this.cookies];
  }

  values(): readonly string[] {
    return [...this.cookies.values()];
  }
}
