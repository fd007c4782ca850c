/** The fields of an EIP-4361 message that are checked here; the service checks the rest. */
export interface SignInMessage {
  /** As written: with a scheme if the message has one. */
  readonly domain: string;
  readonly address: string;
  readonly uri: string;
  readonly chainId: number;
  readonly nonce: string;
}

const greeting = ' wants you to sign in with your Ethereum account:';
const fields = ['URI: ', 'Version: 1', 'Chain ID: ', 'Nonce: ', 'Issued At: '] as const;

/** Parses a message; undefined for any other text. Source: EIP-4361, section ABNF Message Format. */
export function readSignInMessage(message: string): SignInMessage | undefined {
  const [first = '', address = '', empty, ...rest] = message.split('\n');
  if (!first.endsWith(greeting) || empty !== '') return undefined;
  // Between the two empty lines there may be a statement of any text.
  const begin = rest[0] === '' ? 1 : rest[1] === '' ? 2 : undefined;
  if (begin === undefined) return undefined;
  const values = fields.map((field, index) => {
    const line = rest[begin + index] ?? '';
    return line.startsWith(field) ? line.slice(field.length) : undefined;
  });
  const [uri, version, chainId, nonce, issuedAt] = values;
  if (uri === undefined || version !== '' || nonce === undefined || issuedAt === undefined) return undefined;
  if (chainId === undefined || !/^[1-9]\d{0,14}$/.test(chainId)) return undefined;
  return { domain: first.slice(0, -greeting.length), address, uri, chainId: Number(chainId), nonce };
}

/** True when the domain is the origin's, and so is the scheme if there is one. Source: EIP-4361, section Verifying domain binding. */
export function isOfOrigin(domain: string, origin: string): boolean {
  return domain === origin || `${origin.slice(0, origin.indexOf('://'))}://${domain}` === origin;
}

/** The fields of a message; times in ISO 8601. Source: EIP-4361, section Message Fields. */
export interface WrittenMessage extends SignInMessage {
  readonly statement?: string | undefined;
  readonly issuedAt: string;
  readonly expirationTime: string;
}

/** Writes a message as wallets do that write it themselves. Source: EIP-4361, section ABNF Message Format. */
export function writeSignInMessage(message: WrittenMessage): string {
  const { domain, address, statement, uri, chainId, nonce, issuedAt, expirationTime } = message;
  return [
    `${domain}${greeting}`,
    address,
    '',
    ...(statement === undefined ? [] : [statement]),
    '',
    `URI: ${uri}`,
    'Version: 1',
    `Chain ID: ${chainId}`,
    `Nonce: ${nonce}`,
    `Issued At: ${issuedAt}`,
    `Expiration Time: ${expirationTime}`,
  ].join('\n');
}
