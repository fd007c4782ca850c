import { isUri } from './uri';
import { WalletError } from './wallet-error';

/** The fields of a message to sign. Times are in milliseconds since the epoch. Source: EIP-4361. */
export interface SiweMessageFields {
  /** Where the end-user signs in: the message contains its authority, and its scheme unless that is https. */
  readonly origin: string;
  /** In EIP-55. */
  readonly address: string;
  readonly chainId: number;
  /** The origin itself, unless the caller asked for another. */
  readonly uri: string;
  readonly statement: string | undefined;
  readonly resources: readonly string[] | undefined;
  /** Letters and digits, at least eight. */
  readonly nonce: string;
  readonly issuedAt: number;
  readonly expirationTime: number;
}

/**
 * Reserved, unreserved and space: no line break, which could add a line to the message. Source: EIP-4361, ABNF; RFC 3986 §2.2,
 * §2.3.
 */
const statementCharacters = /^[\w:/?#[\]@!$&'()*+,;=.~ -]+$/;

/** True for an allowed statement. */
export function isStatement(text: string): boolean {
  return statementCharacters.test(text);
}

/**
 * Writes the EIP-4361 text. The caller's fields are validated by rules of our own: siwe's grammar costs a hundred times as
 * much, and only checks the first text of each origin. Throws: {@link WalletError} `statement_invalid`, `uri_invalid` or
 * `resources_invalid`.
 */
export async function createSiweMessage(message: SiweMessageFields): Promise<string> {
  const { uri, statement, resources = [] } = message;
  if (statement !== undefined && !isStatement(statement)) throw new WalletError('statement_invalid');
  const opening = await openingOf(message);
  if (opening === undefined || !isUri(uri)) throw new WalletError('uri_invalid');
  if (!resources.every(isUri)) throw new WalletError('resources_invalid');
  return write(opening, message);
}

function write(opening: string, message: SiweMessageFields): string {
  const { address, chainId, uri, statement, resources = [], nonce, issuedAt, expirationTime } = message;
  return `${opening} wants you to sign in with your Ethereum account:
${address}

${statement === undefined ? '' : `${statement}\n`}
URI: ${uri}
Version: 1
Chain ID: ${chainId}
Nonce: ${nonce}
Issued At: ${new Date(issuedAt).toISOString()}
Expiration Time: ${new Date(expirationTime).toISOString()}${resources.length === 0 ? '' : '\nResources:'}${resources.map((each) => `\n- ${each}`).join('')}`;
}

/** Most cached origins: those of registered clients and the issuer's. */
const rememberedOrigins = 1_000;
const openings = new Map<string, string | undefined>();

/** The first line of a message for the origin; undefined when siwe's grammar refuses the smallest message with it. */
async function openingOf(message: SiweMessageFields): Promise<string | undefined> {
  const { origin } = message;
  if (openings.has(origin)) return openings.get(origin);
  const { protocol, host } = new URL(origin);
  const opening = protocol === 'https:' ? host : `${protocol}//${host}`;
  const least = { ...message, uri: origin, statement: undefined, resources: undefined };
  const verdict = (await readsBack(write(opening, least), least)) ? opening : undefined;
  if (openings.size >= rememberedOrigins) openings.clear();
  openings.set(origin, verdict);
  return verdict;
}

/** True when siwe's grammar reads back what was written. */
async function readsBack(text: string, { uri }: SiweMessageFields): Promise<boolean> {
  // Imported late: it would delay the start, and is needed once for each client.
  const { SiweMessage, SiweParseError } = await import('siwe');
  try {
    return new SiweMessage(text).uri === uri;
  } catch (error) {
    if (error instanceof SiweParseError) return false;
    throw error;
  }
}
