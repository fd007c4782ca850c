import { hashSecret } from '../../domain/credentials/secret';

/** Names whose values are credentials in forms, JSON, queries and headers. */
const credentialNames = new Set([
  'code',
  'code_verifier',
  'access_token',
  'id_token',
  'refresh_token',
  'signature',
  'csrf',
  'password',
  'client_secret',
  'cookie',
  'set-cookie',
  'authorization',
  'dpop',
]);

/**
 * A credential as it may be shown: the beginning of its SHA-256 in base64url. Equal credentials look the same. It also matches
 * the stored id of a code, which is that hash; for a code_verifier it is the beginning of its code_challenge.
 */
export function shortened(credential: string): string {
  return shortenedHash(hashSecret(credential));
}

/** The same for a credential whose SHA-256 is known. */
export function shortenedHash(hash: string): string {
  return `sha256:${hash.slice(0, 8)}`;
}

/** Knows the credentials of one run, and removes them from everything that is shown or stored. */
export class Credentials {
  private readonly known = new Set<string>();

  /** Remembers a credential, which is then concealed wherever a text contains it. */
  learn(...credentials: readonly string[]): void {
    for (const credential of credentials) if (credential !== '') this.known.add(credential);
  }

  /** Remembers the credentials in the query of a URL, such as the code of a redirect. */
  learnFromUrl(url: string): void {
    const query = new URLSearchParams(url.slice(url.indexOf('?') + 1));
    for (const [name, value] of query) if (credentialNames.has(name)) this.learn(value);
  }

  /** The value with every credential shortened: by field name, and by known text. */
  conceal(value: unknown): unknown {
    if (typeof value === 'string') return this.concealText(value);
    if (Array.isArray(value)) return value.map((each) => this.conceal(each));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [
        name,
        typeof each === 'string' ? this.field(name, each) : this.conceal(each),
      ]),
    );
  }

  /** As {@link conceal}, for fields with text values. */
  concealFields(fields: Readonly<Record<string, string>>): Record<string, string> {
    return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, this.field(name, value)]));
  }

  /** Conceals every known credential whatever its field: the last check before storing. */
  scrub<Value>(value: Value): Value {
    return JSON.parse(this.concealText(JSON.stringify(value))) as Value;
  }

  private field(name: string, value: string): string {
    if (!credentialNames.has(name.toLowerCase())) return this.concealText(value);
    if (name.toLowerCase().endsWith('cookie'))
      return value.replace(/(?<==)[\w.-]{16,}/g, (secret) => this.shorten(secret));
    // A token keeps its scheme: only what follows is secret.
    const [, scheme = '', secret = value] = /^((?:Bearer|DPoP) )(.+)$/s.exec(value) ?? [];
    return `${scheme}${this.shorten(secret)}`;
  }

  private shorten(secret: string): string {
    this.learn(secret);
    return shortened(secret);
  }

  private concealText(text: string): string {
    let concealed = text;
    for (const credential of this.known) concealed = concealed.replaceAll(credential, shortened(credential));
    return concealed;
  }
}
