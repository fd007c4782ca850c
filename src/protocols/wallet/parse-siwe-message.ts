import { parseAddress } from './address';
import { isStatement } from './create-siwe-message';
import { isUri } from './uri';

/** What a wallet says in a message that it wrote itself. Times are in milliseconds since the epoch. Source: EIP-4361. */
export interface SiweMessage {
  /** Absent: the end-user's wallet says none, and means https. */
  readonly scheme: string | undefined;
  /** An authority: host, and port where it is not the scheme's own. */
  readonly domain: string;
  /** In EIP-55. */
  readonly address: string;
  readonly statement: string | undefined;
  readonly uri: string;
  readonly chainId: number;
  readonly nonce: string;
  readonly issuedAt: number;
  readonly expirationTime: number | undefined;
  readonly notBefore: number | undefined;
  readonly resources: readonly string[];
}

const opening = /^(?:([A-Za-z][A-Za-z0-9+.-]*):\/\/)?([^\s/?#]+) wants you to sign in with your Ethereum account:$/;
/** RFC 3986's pchar, any number of them. Source: EIP-4361, ABNF, request-id. */
const requestId = /^(?:[\w.~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*$/;
/** Without zeros in front, so that a chain has one name. Source: EIP-155. */
const chainNumber = /^[1-9]\d{0,15}$/;
const nonceText = /^[a-zA-Z0-9]{8,128}$/;
const dateTime = /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/**
 * Reads a text by EIP-4361's grammar, line by line and to its last byte; undefined for any other text. Each character is
 * looked at a few times at most. Stricter than the grammar where one thing could be said in two ways: the checksum of an
 * address, zeros before a chain id. Source: EIP-4361, ABNF.
 */
export function parseSiweMessage(text: string): SiweMessage | undefined {
  const lines = new Lines(text);
  const [matched, scheme, domain] = opening.exec(lines.next()) ?? [];
  const address = spelledAddress(lines.next());
  if (matched === undefined || domain === undefined || !isUri(`https://${domain}`)) return undefined;
  if (address === undefined || lines.next() !== '') return undefined;
  // Without a statement its line is not there, and two empty ones follow each other.
  const first = lines.next();
  const statement = first === '' ? undefined : first;
  if (statement !== undefined && (!isStatement(statement) || lines.next() !== '')) return undefined;

  const uri = lines.field('URI');
  const version = lines.field('Version');
  const chainId = chainOf(lines.field('Chain ID'));
  const nonce = lines.field('Nonce');
  const issuedAt = timeOf(lines.field('Issued At'));
  const expirationTime = lines.optional('Expiration Time', timeOf);
  const notBefore = lines.optional('Not Before', timeOf);
  const hasRequestId = lines.optional('Request ID', (value) => requestId.test(value) || undefined) !== null;
  const resources = lines.resources();
  if (uri === undefined || !isUri(uri) || version !== '1' || chainId === undefined) return undefined;
  if (nonce === undefined || !nonceText.test(nonce) || issuedAt === undefined) return undefined;
  if (expirationTime === null || notBefore === null || !hasRequestId || resources === undefined) return undefined;
  return { scheme, domain, address, statement, uri, chainId, nonce, issuedAt, expirationTime, notBefore, resources };
}

/** The lines of a message, one after the other. */
class Lines {
  private readonly lines: readonly string[];
  private at = 0;

  constructor(text: string) {
    this.lines = text.split('\n');
  }

  /** The next line; one that no grammar has when there is none. */
  next(): string {
    return this.lines[this.at++] ?? '\n';
  }

  /** What stands behind the name, when the next line is that field. */
  field(name: string): string | undefined {
    const line = this.next();
    return line.startsWith(`${name}: `) ? line.slice(name.length + 2) : undefined;
  }

  /** The value of a field that may be left out (undefined); null when it is there and cannot be read. */
  optional<Value>(name: string, read: (text: string) => Value | undefined): Value | undefined | null {
    if (this.lines[this.at]?.startsWith(`${name}: `) !== true) return undefined;
    return read(this.field(name) ?? '') ?? null;
  }

  /** To the end of the text; undefined when anything else stands there. */
  resources(): string[] | undefined {
    if (this.at === this.lines.length) return [];
    if (this.next() !== 'Resources:') return undefined;
    const listed = this.lines.slice(this.at);
    const resources = listed.filter((line) => line.startsWith('- ')).map((line) => line.slice(2));
    return resources.length === listed.length && resources.every(isUri) ? resources : undefined;
  }
}

/** With `0x` in lower case, as the grammar has it. */
function spelledAddress(line: string): string | undefined {
  return line.startsWith('0x') ? parseAddress(line) : undefined;
}

function chainOf(text: string | undefined): number | undefined {
  const chainId = text !== undefined && chainNumber.test(text) ? Number(text) : 0;
  return chainId > 0 && Number.isSafeInteger(chainId) ? chainId : undefined;
}

/** Milliseconds since the epoch; undefined for what is no date-time, or a day that its month does not have. Source: RFC 3339 §5.6, §5.7. */
function timeOf(text: string | undefined): number | undefined {
  const [matched, date] = dateTime.exec(text ?? '') ?? [];
  if (matched === undefined || date === undefined) return undefined;
  const midnight = Date.parse(`${date}T00:00:00Z`);
  // A day such as February 30 would otherwise be read as one of March.
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== date) return undefined;
  return Date.parse(matched.toUpperCase());
}
