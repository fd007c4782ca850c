import type { WalletNonce } from '../../domain/challenges/challenge';
import { liesUnder } from './uri';
import type { SiweMessage } from './parse-siwe-message';

/** Milliseconds that the wallet's clock may be off. */
const skewMs = 60_000;

/** Prefix of capabilities that a wallet requests in its own words; they grant nothing here. Source: EIP-5573. */
const recap = 'urn:recap:';

/** What a wallet's message must agree with. */
export interface Expectation {
  readonly nonce: WalletNonce;
  /** The client's registered origin. */
  readonly origin: string;
  readonly maySignIn: (chainId: number) => boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * True when the message agrees with what was issued with its nonce, and contains nothing that others could read as a grant.
 * Source: EIP-4361, Message Fields; docs/http-api.md, section Wallet model.
 */
export function validateSiweMessage(message: SiweMessage, { nonce, origin, maySignIn, now }: Expectation): boolean {
  const { protocol, host } = new URL(origin);
  const { scheme, statement = '', expirationTime = Number.POSITIVE_INFINITY, notBefore = now } = message;
  return (
    message.domain === host &&
    (scheme === undefined || `${scheme}:` === protocol) &&
    liesUnder(message.uri, origin) &&
    (nonce.chainId ?? message.chainId) === message.chainId &&
    maySignIn(message.chainId) &&
    message.nonce === nonce.id &&
    message.issuedAt >= nonce.createdAt - skewMs &&
    message.issuedAt <= now + skewMs &&
    expirationTime > now &&
    notBefore <= now &&
    // At the beginning, so that no words before it change its meaning.
    statement.startsWith(nonce.statement ?? '') &&
    message.resources.every((resource) => resource.startsWith(recap))
  );
}
