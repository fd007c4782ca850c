import type { WalletNonce } from '../../domain/challenges/challenge';
import { liesUnder } from './uri';
import type { SiweMessage } from './parse-siwe-message';

/** How far the clock of an end-user's wallet may be off. */
const skewMs = 60_000;

/** With what a wallet may ask for capabilities in its own words; they grant nothing here. Source: EIP-5573. */
const recap = 'urn:recap:';

/** What a message that a wallet wrote is held against. */
export interface Expectation {
  readonly nonce: WalletNonce;
  /** The registered one of the client. */
  readonly origin: string;
  readonly maySignIn: (chainId: number) => boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * True when the message says what was handed out with its nonce, and nothing that anybody else could read a grant from.
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
    // In front of it nothing, so that no words of others change what it means.
    statement.startsWith(nonce.statement ?? '') &&
    message.resources.every((resource) => resource.startsWith(recap))
  );
}
