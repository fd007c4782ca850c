import * as z from 'zod';
import { resourcesAtMost } from '../../domain/apis/access-requests';
import { longestIdentifier } from '../../domain/clients/resource-identifier';
import { parseScope } from '../../domain/clients/scope';
import { codeChallengePattern, codeVerifierPattern } from '../../domain/credentials/pkce';
import { addressPattern, parseAddress } from './address';
import { isStatement } from './create-siwe-message';
import { hexBytes } from './signature';
import { WalletError, type WalletErrorReason } from './wallet-error';
import { longestSignature } from './wallet-limits';

/** No line break: a URI must not add a line to the message. Source: RFC 3986 §2. */
const uriCharacters = /^[\w:/?#[\]@!$&'()*+,;=.~%-]+$/;
/** Most characters, and most resources, that a caller may put into a message. Source: docs/http-api.md, section Wallet model. */
export const messageLimits = { uri: 512, statement: 300, resources: 10, resource: 256 } as const;
/** Printable, and short enough to be a key of any store; anything else is not ours. */
const identifier = /^[\x20-\x7e]{1,128}$/;
const nonceLine = /^Nonce: ([a-zA-Z0-9]{8,128})$/gm;

const address = z
  .string()
  .regex(addressPattern)
  .transform((text, context) => {
    const parsed = parseAddress(text);
    if (parsed === undefined) context.addIssue('not an address');
    return parsed ?? z.NEVER;
  })
  .describe('In mixed case its EIP-55 checksum must be right.');
const chainId = z.int().min(1).optional();
const clientId = z.string().regex(identifier);
const scope = z
  .string()
  .max(1000)
  .transform(parseScope)
  .prefault('')
  .describe('Separated by spaces; what the client may have is granted. The message says it, of a third party.');
const resourceIndicators = z
  .array(z.string().max(longestIdentifier))
  .max(resourcesAtMost)
  .default([])
  .describe('APIs that tokens are to be for, by their identifiers, or the issuer (RFC 8707).');
const codeChallenge = z
  .string()
  .regex(codeChallengePattern)
  .optional()
  .describe('Both models at once: BASE64URL(SHA-256(codeVerifier)), as S256 of RFC 7636 §4.2.');
const uri = z.string().regex(uriCharacters);
const signature = z
  .string()
  .max(2 + 2 * longestSignature)
  .regex(hexBytes)
  .describe(
    'Of the EIP-191 text: 65 bytes r, s, v, or the 64 of EIP-2098; of a smart account what its code takes (ERC-1271), or that wrapped with what deploys it (ERC-6492).',
  );

/** Only the characters of a URI are checked here; the message's grammar decides whether it is one. */
export const challengeRequest = z.object({
  address,
  chainId: chainId.describe('EIP-155. By default 1 if that may sign in, else the first that may.'),
  clientId: clientId.optional().describe('In development demo-dapp when it is absent.'),
  uri: uri.max(messageLimits.uri).optional().describe('Under the registered origin of the client, its default.'),
  statement: z
    .string()
    .max(messageLimits.statement)
    .refine(isStatement)
    .optional()
    .describe('One line for the person to read (EIP-4361).'),
  // Counted before any is parsed: thousands fit into a body.
  resources: z
    .array(z.unknown())
    .max(messageLimits.resources)
    .pipe(z.array(uri.max(messageLimits.resource)))
    .optional()
    .describe(`URIs of at most ${messageLimits.resource} characters.`),
  scope,
  resourceIndicators,
  codeChallenge,
});

/** For a client whose end-users' wallets write the message. */
export const nonceRequest = z.object({
  clientId: clientId.describe('One that is registered with wallet_message wallet.'),
  chainId: chainId.describe('EIP-155. The message must name it; by default any that may sign in.'),
  scope,
  resourceIndicators,
  codeChallenge,
});

/** The account of a login page's request; the page adds its own fields. */
export const loginRequest = z.object({ address, chainId: chainId.describe('EIP-155.') });

export const signInAnswer = z
  .object({
    nonce: z.string().regex(identifier).optional(),
    message: z.string().optional().describe('Byte for byte as it was issued, or as the wallet wrote and signed it.'),
    signature,
    codeVerifier: z.string().optional().meta({
      description: 'Of the codeChallenge that the challenge was asked for with.',
      // A malformed verifier is compared as well, and does not match the codeChallenge.
      pattern: codeVerifierPattern.source,
    }),
  })
  .meta({
    description: 'The nonce, or the message that holds it.',
    anyOf: [{ required: ['nonce'] }, { required: ['message'] }],
  });

export type ChallengeRequest = z.infer<typeof challengeRequest>;
export type NonceRequest = z.infer<typeof nonceRequest>;

/** The response to a challenge. `message`, if given, must be the issued one, or the one that the wallet wrote. */
export interface SignInAnswer {
  readonly nonce: string;
  readonly message: string | undefined;
  /** Hex of whole bytes. */
  readonly signature: string;
  /** The verifier of the challenge's codeChallenge; see {@link assertVerifier}. */
  readonly codeVerifier: string | undefined;
}

const reasons: Readonly<Record<string, WalletErrorReason>> = {
  address: 'address_invalid',
  chainId: 'chain_id_invalid',
  clientId: 'client_id_invalid',
  uri: 'uri_invalid',
  statement: 'statement_invalid',
  resources: 'resources_invalid',
  scope: 'scope_invalid',
  resourceIndicators: 'resource_indicators_invalid',
  codeChallenge: 'code_challenge_malformed',
  nonce: 'nonce_invalid',
  message: 'message_invalid',
  signature: 'signature_invalid',
};

/**
 * Parses `nonce` or `message`, or both, `signature` and `codeVerifier`. Of a message only its nonce is read: the stored record
 * says what the text must be. Throws: {@link WalletError} for the first invalid field.
 */
export function parseSignInAnswer(body: unknown): SignInAnswer {
  const answer = parseWalletBody(signInAnswer, body);
  const { message, signature: shown, codeVerifier } = answer;
  const nonce = answer.nonce ?? nonceOf(message ?? '');
  if (nonce === undefined) throw new WalletError(message === undefined ? 'nonce_invalid' : 'message_invalid');
  return { nonce, message, signature: shown, codeVerifier };
}

/** The last such line: a statement may look like one, and comes before it. Source: EIP-4361, ABNF. */
function nonceOf(message: string): string | undefined {
  return [...message.matchAll(nonceLine)].at(-1)?.[1];
}

/** The unverified account of a request; empty when it names none. */
export function addressIn(body: unknown): string {
  return textIn(body, 'address').toLowerCase();
}

/** The unverified client of a request; empty when it names none. */
export function clientIdIn(body: unknown): string {
  return textIn(body, 'clientId');
}

/** The unverified nonce of a response; empty when it names none. */
export function nonceIn(body: unknown): string {
  return textIn(body, 'nonce') || (nonceOf(textIn(body, 'message')) ?? '');
}

function textIn(body: unknown, field: string): string {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, field)) return '';
  const text: unknown = Reflect.get(body, field);
  return typeof text === 'string' ? text : '';
}

/** Throws: {@link WalletError} for the first invalid field. */
export function parseWalletBody<Output>(schema: z.ZodType<Output>, body: unknown): Output {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const field = result.error.issues[0]?.path[0];
  throw new WalletError(reasons[String(field)] ?? 'body_invalid');
}
