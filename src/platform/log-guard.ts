/** Number of texts kept out of the log. */
export interface Redactions {
  /** In our own text. */
  own: number;
  /** In text that a caller sent in a path or a header. */
  caller: number;
}

const redacted = '[redacted]';

/** Minimum length of a code, a verifier, and a session's or refresh token's secret. Source: RFC 7636 §4.1. */
const shortestSecret = 43;

/** Names of credentials in bodies, queries and headers; their values are removed at any length. */
const credentialNames = (
  'access_token authorization client_assertion client_secret code_verifier codeVerifier cookie dpop id_token password ' +
  'private_key privateKey refresh_token secret set-cookie signature subject_token token'
).split(' ');

/** Fields of a line whose text comes from a caller. */
const callerFields: ReadonlySet<string> = new Set(
  'headers host ip path query referer url user_agent userAgent'.split(' '),
);

/** A client id may be as long as a secret. Only this field has one, and only ids of registered clients. */
const clientField = '"client":"';

/**
 * Keeps credentials out of the log, whatever code logs them: anything that looks like one is replaced before the line is
 * written, and counted. A line without one costs one pass over its characters.
 */
export class LogGuard {
  readonly redactions: Redactions = { own: 0, caller: 0 };

  /** The line, a JSON object, without credentials. */
  guarded(line: string): string {
    if (!mayHoldCredential(line)) return line;
    let fields: Record<string, unknown>;
    try {
      fields = JSON.parse(line) as Record<string, unknown>;
    } catch {
      this.redactions.own += 1;
      return `${JSON.stringify({ level: 50, msg: redacted })}\n`;
    }
    const before = this.redactions.own + this.redactions.caller;
    const written = Object.entries(fields).map(([name, value]) => [
      this.text(name, ''),
      this.cleaned(value, name, name),
    ]);
    if (this.redactions.own + this.redactions.caller === before) return line;
    return `${JSON.stringify(Object.fromEntries(written))}\n`;
  }

  /** Counts a credential in a caller's input that is not logged. */
  keptOut(sent: string): void {
    if (mayHoldCredential(sent)) this.text(sent, 'path');
  }

  /** `field`: of the line; `name`: the nearest name inside that field. */
  private cleaned(value: unknown, field: string, name: string): unknown {
    if (Array.isArray(value)) return value.map((each) => this.cleaned(each, field, name));
    if (typeof value === 'object' && value !== null) {
      const entries = Object.entries(value).map(([inner, each]) => [
        this.text(inner, field),
        this.cleaned(each, field, inner),
      ]);
      return Object.fromEntries(entries);
    }
    if (typeof value !== 'string') return value;
    if (isCredentialName(name)) return this.count(field);
    if (field === 'client' && /^[\w.~-]{1,128}$/.test(value) && !/^ey.*\..*\./.test(value)) return value;
    return this.text(value, field, name === 'stack');
  }

  /** In a stack only a word with a digit counts as a secret: names of functions and files may be long. */
  private text(text: string, field: string, isStack = false): string {
    return text
      .replace(named, (_all, name: string, between: string) => `${name}${between}${this.count(field)}`)
      .replace(schemes, (_all, scheme: string) => `${scheme} ${this.count(field)}`)
      .replace(userInfo, () => `://${this.count(field)}@`)
      .replace(runs, (run) => (isStack && !/\d/.test(run) ? run : this.count(field)));
  }

  private count(field: string): string {
    this.redactions[callerFields.has(field) ? 'caller' : 'own'] += 1;
    return redacted;
  }
}

const schemes = /\b(Basic|Bearer|DPoP) +[\w+/.~=-]+/gi;
const named = new RegExp(
  `\\b(${credentialNames.join('|')})(\\\\*["']?\\s*[=:]\\s*\\\\*["']?)(?:(?:Basic|Bearer|DPoP) +)?[^\\s&"',;}\\\\]+`,
  'gi',
);
const userInfo = /:\/\/[^\s/@]+@/g;
const runs = new RegExp(`[\\w.~-]{${shortestSecret},}`, 'g');

/** Characters of a secret: unreserved ones, which include those of base64url, JWTs and hex. */
const isOfSecret = new Uint8Array(128);
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~') {
  isOfSecret[character.charCodeAt(0)] = 1;
}

const lowerNames: ReadonlySet<string> = new Set(credentialNames.map((name) => name.toLowerCase()));
const longestName = Math.max(...credentialNames.map(({ length }) => length));
/** Length and last letter rule out nearly every other word at once. */
const endsAsName = new Uint8Array(128 * (longestName + 1));
for (const name of lowerNames) endsAsName[128 * name.length + name.charCodeAt(name.length - 1)] = 1;

/** False for a line that surely has none: most lines are like that, and one pattern for everything costs twenty times as much. */
function mayHoldCredential(line: string): boolean {
  return (
    holdsRun(line) ||
    holdsNameBefore(line, ':') ||
    holdsNameBefore(line, '=') ||
    line.includes('@') ||
    holdsScheme(line)
  );
}

/** Whether a run is as long as a secret; looks at every 43rd character first, so most are skipped. */
function holdsRun(line: string): boolean {
  let last = shortestSecret - 1;
  while (last < line.length) {
    let index = last;
    while (index > last - shortestSecret && isOfRun(line.charCodeAt(index))) index -= 1;
    if (index === last - shortestSecret) {
      while (index >= 0 && isOfRun(line.charCodeAt(index))) index -= 1;
      const idEndsAt = line.indexOf('"', last + 1);
      if (idEndsAt < 0 || !isClientId(line, index + 1)) return true;
      index = idEndsAt;
    }
    last = index + shortestSecret;
  }
  return false;
}

function isOfRun(code: number): boolean {
  return code < 128 && isOfSecret[code] === 1;
}

function isClientId(line: string, from: number): boolean {
  return line.startsWith(clientField, from - clientField.length) && !line.startsWith('ey', from);
}

/** Whether a credential's name precedes this sign, in quotes, after a dot as a property, or on its own. */
function holdsNameBefore(line: string, sign: ':' | '='): boolean {
  for (let place = line.indexOf(sign); place >= 0; place = line.indexOf(sign, place + 1)) {
    let end = place;
    while (end > 0 && place - end < 6 && isBetween(line.charCodeAt(end - 1))) end -= 1;
    let begin = end;
    while (begin > 0 && end - begin <= longestName && isOfName(line.charCodeAt(begin - 1))) begin -= 1;
    const last = (line.charCodeAt(end - 1) | 0x20) & 127;
    if (endsAsName[128 * (end - begin) + last] === 1 && isCredentialName(line.slice(begin, end))) return true;
  }
  return false;
}

/** Whether Basic, Bearer or DPoP precedes a space; our own lines hardly have any. */
function holdsScheme(line: string): boolean {
  for (let place = line.indexOf(' '); place >= 0; place = line.indexOf(' ', place + 1)) {
    const last = line.charCodeAt(place - 1) | 0x20;
    if (
      (last === 0x63 || last === 0x72 || last === 0x70) &&
      /(?:basic|bearer|dpop)$/i.test(line.slice(Math.max(0, place - 6), place))
    ) {
      return true;
    }
  }
  return false;
}

/** A quote, its escape, or a space. */
function isBetween(code: number): boolean {
  return code === 0x22 || code === 0x27 || code === 0x5c || code === 0x20;
}

/** Not a dot: the property's owner may precede it. */
function isOfName(code: number): boolean {
  return code !== 0x2e && isOfRun(code);
}

function isCredentialName(word: string): boolean {
  return lowerNames.has(word.toLowerCase());
}
