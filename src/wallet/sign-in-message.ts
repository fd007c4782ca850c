import { WalletError } from './wallet-error';

/** What an end-user is asked to sign. Times are in milliseconds since the epoch. Source: EIP-4361. */
export interface SignInMessage {
  /** Where the end-user signs in: the message names its authority, and its scheme where that is not https. */
  readonly origin: string;
  /** In EIP-55. */
  readonly address: string;
  readonly chainId: number;
  /** The origin itself, where the caller asked for no other. */
  readonly uri: string;
  readonly statement: string | undefined;
  readonly resources: readonly string[] | undefined;
  /** Of letters and digits, at least eight. */
  readonly nonce: string;
  readonly issuedAt: number;
  readonly expirationTime: number;
}

/** Reserved, unreserved and space, so that no line ends early. Source: EIP-4361, ABNF; RFC 3986 §2.2, §2.3. */
const statementCharacters = /^[\w:/?#[\]@!$&'()*+,;=.~ -]+$/;

/** True for what may stand as the statement of a message. */
export function isStatement(text: string): boolean {
  return statementCharacters.test(text);
}

/**
 * Writes the EIP-4361 text. siwe's grammar has read it back where something of the caller's stands in it that only a
 * grammar can judge, `uri` and `resources`; of every other text it has read the first with that origin.
 * Throws: {@link WalletError} `statement_invalid`, `uri_invalid` or `resources_invalid`.
 */
export async function writeSignInMessage(message: SignInMessage): Promise<string> {
  const { origin, uri, statement, resources = [] } = message;
  if (statement !== undefined && !isStatement(statement)) throw new WalletError('statement_invalid');
  const opening = await openingOf(message);
  if (opening === undefined) throw new WalletError('uri_invalid');
  const text = write(opening, message);
  if ((uri !== origin || resources.length > 0) && !(await readsBack(text, message))) {
    // The grammar says only that the whole cannot be read: the one field that can be at fault beside it is asked alone.
    const without = { ...message, resources: undefined };
    throw new WalletError((await readsBack(write(opening, without), without)) ? 'resources_invalid' : 'uri_invalid');
  }
  return text;
}

function write(opening: string, message: SignInMessage): string {
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

/** Those of registered clients, and the issuer's: more than that many only pass through. */
const rememberedOrigins = 1_000;
const openings = new Map<string, string | undefined>();

/** How a message of that origin begins; undefined when the grammar refuses the least message that begins so. */
async function openingOf(message: SignInMessage): Promise<string | undefined> {
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

/** True when siwe's grammar reads from the text what was written into it. */
async function readsBack(text: string, { uri, resources = [] }: SignInMessage): Promise<boolean> {
  // Not at the start of the process, which it would delay: it is needed once for each client.
  const { SiweMessage, SiweParseError } = await import('siwe');
  try {
    const read = new SiweMessage(text);
    const listed = read.resources ?? [];
    return read.uri === uri && listed.length === resources.length && listed.every((each, at) => each === resources[at]);
  } catch (error) {
    if (error instanceof SiweParseError) return false;
    throw error;
  }
}
