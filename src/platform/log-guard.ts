/** How many texts were kept out of the log. */
export interface Redactions {
  /** Text of our making. */
  own: number;
  /** Text that a caller put into a path or a header. */
  caller: number;
}

const redacted = '[redacted]';

/** As long as a code, a verifier, the secret of a session or of a refresh token is at least. Source: RFC 7636 §4.1. */
const shortestSecret = 43;

/** Under these names credentials stand in bodies, queries and headers, however short they are. */
const credentialNames = (
  'access_token authorization client_assertion client_secret code_verifier codeVerifier cookie dpop id_token password ' +
  'private_key privateKey refresh_token secret set-cookie signature subject_token token'
).split(' ');

/** The fields of a line whose text is a caller's. */
const callerFields: ReadonlySet<string> = new Set(
  'headers host ip path query referer url user_agent userAgent'.split(' '),
);

/** Ids of clients may be as long as a secret. They stand in this field alone, and only of clients that there are. */
const clientField = '"client":"';

/**
 * Keeps credentials out of the log, whoever would have written them there: what looks like one is replaced before the line
 * is written, and counted. A line without one costs a walk over its characters.
 */
export class LogGuard {
  readonly redactions: Redactions = { own: 0, caller: 0 };

  /** The line, a JSON object, as it may be written. */
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

  /** Counts what a caller sent that looks like a credential, and that no line is made of. */
  keptOut(sent: string): void {
    if (mayHoldCredential(sent)) this.text(sent, 'path');
  }

  /** `field`: of the line; `name`: the nearest name, inside of that field. */
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

  /** In a stack only what has a digit is taken for a secret: names of functions and files may be long. */
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

/** Which characters a secret in one piece is of: unreserved ones, of which base64url, JWTs and hex digits are too. */
const isOfSecret = new Uint8Array(128);
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~') {
  isOfSecret[character.charCodeAt(0)] = 1;
}

const lowerNames: ReadonlySet<string> = new Set(credentialNames.map((name) => name.toLowerCase()));
const longestName = Math.max(...credentialNames.map(({ length }) => length));
/** By its length and its last letter nearly every other word is told apart from a name at once. */
const endsAsName = new Uint8Array(128 * (longestName + 1));
for (const name of lowerNames) endsAsName[128 * name.length + name.charCodeAt(name.length - 1)] = 1;

/** False for a line that surely holds none: a log is made of such lines, and one pattern for all of this costs twenty times that. */
function mayHoldCredential(line: string): boolean {
  return (
    holdsRun(line) ||
    holdsNameBefore(line, ':') ||
    holdsNameBefore(line, '=') ||
    line.includes('@') ||
    holdsScheme(line)
  );
}

/** Whether there is a piece as long as a secret; looks at every 43rd character first, so most are never looked at. */
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

/** Whether the name of a credential stands before this sign, be it in quotes, behind a dot as of a property, or apart. */
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

/** Whether Basic, Bearer or DPoP stands before a space; a line of ours has hardly any. */
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

/** A quote, what escapes it, or a space. */
function isBetween(code: number): boolean {
  return code === 0x22 || code === 0x27 || code === 0x5c || code === 0x20;
}

/** Not a dot, before which a name may stand that says of what the property is. */
function isOfName(code: number): boolean {
  return code !== 0x2e && isOfRun(code);
}

function isCredentialName(word: string): boolean {
  return lowerNames.has(word.toLowerCase());
}
