import { parseAddress } from './address';
import { isStatement } from './create-siwe-message';
import { isUri } from './uri';

/** The fields of a message that a wallet wrote itself. Times are in milliseconds since the epoch. Source: EIP-4361. */
export interface SiweMessage {
  /** Absent in the message: https is meant. */
  readonly scheme: string | undefined;
  /** An authority: host, and port unless it is the scheme's default. */
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
/** Any number of RFC 3986's pchar. Source: EIP-4361, ABNF, request-id. */
const requestId = /^(?:[\w.~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*$/;
/** Without leading zeros, so that a chain has one name. Source: EIP-155. */
const chainNumber = /^[1-9]\d{0,15}$/;
const nonceText = /^[a-zA-Z0-9]{8,128}$/;
const dateTime = /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/**
 * Parses a text by EIP-4361's grammar, line by line and to its last byte; undefined for any other text. Runs in linear time.
 * Stricter than the grammar where one thing has two spellings: the checksum of an address, leading zeros of a chain id.
 * Source: EIP-4361, ABNF.
 */
export function parseSiweMessage(text: string): SiweMessage | undefined {
  const lines = new Lines(text);
  const [matched, scheme, domain] = opening.exec(lines.next()) ?? [];
  const address = spelledAddress(lines.next());
  if (matched === undefined || domain === undefined || !isUri(`https://${domain}`)) return undefined;
  if (address === undefined || lines.next() !== '') return undefined;
  // Without a statement its line is missing, and two empty lines follow each other.
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

/** Iterates over the lines of a message. */
class Lines {
  private readonly lines: readonly string[];
  private at = 0;

  constructor(text: string) {
    this.lines = text.split('\n');
  }

  /** The next line; at the end, a line that no grammar accepts. */
  next(): string {
    return this.lines[this.at++] ?? '\n';
  }

  /** The value, when the next line is this field. */
  field(name: string): string | undefined {
    const line = this.next();
    return line.startsWith(`${name}: `) ? line.slice(name.length + 2) : undefined;
  }

  /** The value of an optional field: undefined when it is absent, null when it cannot be parsed. */
  optional<Value>(name: string, read: (text: string) => Value | undefined): Value | undefined | null {
    if (this.lines[this.at]?.startsWith(`${name}: `) !== true) return undefined;
    return read(this.field(name) ?? '') ?? null;
  }

  /** To the end of the text; undefined when anything else follows. */
  resources(): string[] | undefined {
    if (this.at === this.lines.length) return [];
    if (this.next() !== 'Resources:') return undefined;
    const listed = this.lines.slice(this.at);
    const resources = listed.filter((line) => line.startsWith('- ')).map((line) => line.slice(2));
    return resources.length === listed.length && resources.every(isUri) ? resources : undefined;
  }
}

/** `0x` in lower case, as the grammar requires. */
function spelledAddress(line: string): string | undefined {
  return line.startsWith('0x') ? parseAddress(line) : undefined;
}

function chainOf(text: string | undefined): number | undefined {
  const chainId = text !== undefined && chainNumber.test(text) ? Number(text) : 0;
  return chainId > 0 && Number.isSafeInteger(chainId) ? chainId : undefined;
}

/** Milliseconds since the epoch; undefined when it is no date-time, or the day does not exist. Source: RFC 3339 §5.6, §5.7. */
function timeOf(text: string | undefined): number | undefined {
  const [matched, date] = dateTime.exec(text ?? '') ?? [];
  if (matched === undefined || date === undefined) return undefined;
  const midnight = Date.parse(`${date}T00:00:00Z`);
  // Date would read February 30 as a day of March.
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== date) return undefined;
  return Date.parse(matched.toUpperCase());
}
