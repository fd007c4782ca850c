/** A cookie of ours: hidden from scripts, and sent when the browser returns from the login. */
export interface Cookie {
  readonly name: string;
  /** The `Set-Cookie` that sets the value for `lifetime` seconds. */
  set(value: string, lifetime: number): string;
  /** The `Set-Cookie` that removes it. */
  clear(): string;
  /** The value in the header `Cookie`. */
  read(header: string | null | undefined): string | undefined;
}

/**
 * With the prefix `__Host-` on https, which keeps other hosts of the domain from setting it. Source: RFC 6265 §4.1, §5.4;
 * draft-ietf-httpbis-rfc6265bis, sections 4.1.3.2 and 5.5 on prefixes.
 */
export function cookie(name: string, isSecure: boolean): Cookie {
  const full = isSecure ? `__Host-${name}` : name;
  const attributes = `Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
  return {
    name: full,
    set: (value, lifetime) => `${full}=${value}; Max-Age=${lifetime}; ${attributes}`,
    clear: () => `${full}=; Max-Age=0; ${attributes}`,
    read: (header) => {
      const pairs = (header ?? '').split(';').map((each) => each.trim());
      return pairs.find((each) => each.startsWith(`${full}=`))?.slice(full.length + 1);
    },
  };
}
