import { SiweMessage, SiweParseError } from 'siwe';
import { WalletError } from './wallet-error';

/** What a person is asked to sign. Times are in milliseconds since the epoch. Source: EIP-4361. */
export interface SignInMessage {
  /** Where the person signs in: the message names its authority, and its scheme where that is not https. */
  readonly origin: string;
  /** In EIP-55. */
  readonly address: string;
  readonly chainId: number;
  readonly uri: string;
  readonly statement: string | undefined;
  readonly resources: readonly string[] | undefined;
  readonly nonce: string;
  readonly issuedAt: number;
  readonly expirationTime: number;
}

/**
 * Writes the EIP-4361 text, which siwe has read back without a complaint.
 * Throws: {@link WalletError} `uri_invalid` or `resources_invalid` for what is not an RFC 3986 URI.
 */
export function writeSignInMessage(message: SignInMessage): string {
  try {
    return write(message);
  } catch (error) {
    if (!(error instanceof SiweParseError)) throw error;
    // The grammar says only that the whole cannot be read: the one field that can be at fault beside it is asked alone.
    throw new WalletError(isWritable({ ...message, resources: undefined }) ? 'resources_invalid' : 'uri_invalid');
  }
}

function write({ origin, resources, statement, issuedAt, expirationTime, ...fields }: SignInMessage): string {
  const { protocol, host } = new URL(origin);
  return new SiweMessage({
    ...fields,
    ...(protocol !== 'https:' && { scheme: protocol.slice(0, -1) }),
    domain: host,
    ...(statement !== undefined && { statement }),
    ...(resources !== undefined && resources.length > 0 && { resources: [...resources] }),
    version: '1',
    issuedAt: new Date(issuedAt).toISOString(),
    expirationTime: new Date(expirationTime).toISOString(),
  }).prepareMessage();
}

function isWritable(message: SignInMessage): boolean {
  try {
    write(message);
    return true;
  } catch (error) {
    if (error instanceof SiweParseError) return false;
    throw error;
  }
}
