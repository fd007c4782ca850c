import { type Advice, TesseraError } from '../errors.ts';

/** What the wallet refused or did wrong, or a result for another account. The `reason` of a `wallet_error`. */
export type WalletErrorReason = keyof typeof walletErrors;

/** By reason: what went wrong, and what the application can do. */
export const walletErrors = {
  account_mismatch: [
    'The answer is for another account than the one that was asked for',
    'Do not trust this login: somebody else’s signature came back. Ask the wallet for its account and begin again.',
  ],
  challenge_not_asked: [
    'This message was not asked for here, was redeemed before, or is too old',
    'Ask for a new message and have it signed.',
  ],
  message_unexpected: [
    'The message is not one for this account, chain, page and nonce',
    'Do not have it signed. Check the issuer, and that this page is at the wallet_origin of its client.',
  ],
  wallet_answer_invalid: [
    'The wallet answered something that its standard does not have',
    'Offer another wallet, or another way to connect this one.',
  ],
  wallet_busy: [
    'The wallet still waits for the end-user to answer an earlier request',
    'Ask the end-user to open the wallet and finish what is there; then offer the login again.',
  ],
  wallet_chain_unknown: [
    'The wallet does not know that chain',
    'Have the wallet add or switch to a chain that may sign in; then offer the login again.',
  ],
  wallet_disconnected: [
    'The wallet is not connected',
    'Have the end-user unlock or connect the wallet; then offer the login again.',
  ],
  wallet_failed: ['The wallet failed', 'Offer the login again, and another wallet beside it.'],
  wallet_method_unsupported: [
    'The wallet does not have that method',
    'Sign in by a challenge instead: signIn asks for nothing but eth_requestAccounts and personal_sign.',
  ],
  wallet_rejected: ['The end-user refused in the wallet', 'Nothing is wrong: offer the login again.'],
  wallet_unauthorized: [
    'The wallet has not allowed this page to use that account',
    'Have the wallet connect the account; then offer the login again.',
  ],
} as const satisfies Readonly<Record<string, readonly [message: string, advice: string]>>;

/** Without a cause: a wallet's error may quote the message. */
export function walletError(reason: WalletErrorReason): TesseraError {
  const [message, advice] = walletErrors[reason];
  return new TesseraError('wallet_error', message, { reason, advice });
}

/** Source: EIP-1193, section Provider Errors; EIP-1474, section Error codes; ERC-5792, section Error Codes. */
const reasonsByCode: Readonly<Record<string, WalletErrorReason>> = {
  '4001': 'wallet_rejected',
  // Codes of ethers and WalletConnect for it.
  ACTION_REJECTED: 'wallet_rejected',
  '5000': 'wallet_rejected',
  '4100': 'wallet_unauthorized',
  '4200': 'wallet_method_unsupported',
  '-32601': 'wallet_method_unsupported',
  '4900': 'wallet_disconnected',
  '4901': 'wallet_disconnected',
  '4902': 'wallet_chain_unknown',
  '-32002': 'wallet_busy',
};

/** The error for what a wallet threw, by its code only, even if another library wrapped it. */
export function wrappedWalletError(thrown: unknown): TesseraError {
  if (thrown instanceof TesseraError) return thrown;
  let error = thrown;
  // No library wraps deeper than five levels, and an error may be its own cause.
  for (let depth = 0; depth < 5; depth += 1) {
    const reason = reasonsByCode[String(member(error, 'code'))];
    if (reason !== undefined) return walletError(reason);
    error = member(error, 'cause');
  }
  return walletError('wallet_failed');
}

/** A member of an untrusted object, whose getters may throw. */
export function member(value: unknown, name: string): unknown {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return undefined;
  try {
    const found: unknown = Reflect.get(value, name);
    return typeof found === 'symbol' ? undefined : found;
  } catch {
    return undefined;
  }
}

/** Advice for the service's errors of the wallet model, by reason. Source: docs/errors.md. */
export const walletAdvice: Advice = {
  address_invalid: 'Hand over the account as the wallet gave it: 0x and 40 hex digits.',
  chain_id_invalid: 'Hand over the chain id as a whole number.',
  chain_unsupported: 'Have the wallet switch to a chain that the service allows (EVM_CHAINS), or leave chainId out.',
  challenge_expired: 'The message was signed too late. Ask for a new one and have it signed.',
  challenge_unknown: 'Ask for a new message and have it signed.',
  challenge_used: 'This signature was redeemed before. If nobody here is logged in, begin the login again.',
  client_id_invalid:
    'Register the client with a wallet_origin; for messages that wallets write also with wallet_message: wallet.',
  contract_accounts_unsupported:
    'This account is a smart contract, and the service has no node of its chain: use another chain or an account with a key.',
  message_invalid: 'Send the message as the wallet returned it.',
  message_mismatch: 'The wallet signed another text than was asked for. Begin again, or by a challenge.',
  resources_invalid: 'Hand over at most 10 URIs of at most 256 characters.',
  signature_invalid: 'The wallet returned no usable signature. Offer another wallet.',
  signature_malformed:
    'The wallet returned no signature of this account: a smart contract that is not deployed needs its ERC-6492 wrapper.',
  signature_mismatch:
    'Another account signed. Have the end-user choose the account that is connected; the same message may be signed again.',
  statement_invalid: 'Hand over one line of at most 300 characters.',
  temporarily_unavailable:
    'Send the same signature again after retryAfter seconds: the message stays good until it expires.',
  uri_invalid: 'Hand over a URI under the wallet_origin of the client.',
};
