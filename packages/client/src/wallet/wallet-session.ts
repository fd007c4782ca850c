import { TesseraError } from '../errors.ts';
import type { Eip1193Provider, WalletAccount } from './wallet-account.ts';
import type { AccountOfWallet, WalletChallenge, WalletLogin, WalletTokens } from './wallet-login.ts';
import type { SignedMessage, WalletNonce } from './wallet-message.ts';

/** Who is logged in, and why the last login failed. The same object until something of it changes. */
export interface WalletSessionState {
  readonly status: 'loading' | 'unauthenticated' | 'authenticated';
  /** While authenticated. In memory alone. */
  readonly tokens?: WalletTokens;
  /** Of the last step that failed, until the next begins: what the libraries' own hooks and dialogs do not tell. */
  readonly error?: TesseraError;
}

/** What is to happen with the tokens of a session. */
export interface WalletSessionOptions {
  /** Before the session is shown as authenticated: hand the tokens to whoever refreshes them. */
  readonly onSignIn?: ((tokens: WalletTokens) => void | Promise<void>) | undefined;
  /** Revoke the tokens. The session has ended already, whatever becomes of that. */
  readonly onSignOut?: ((tokens: WalletTokens) => void | Promise<void>) | undefined;
}

/** A login and what came of it, for libraries that call its steps by themselves and show too little of them. */
export interface WalletSession {
  /** With {@link subscribe} as React's useSyncExternalStore takes them. */
  readonly getSnapshot: () => WalletSessionState;
  /** Calls back whenever the state changes; returns how to stop that. */
  readonly subscribe: (listener: () => void) => () => void;
  /** As that of {@link WalletLogin}, as all steps here are: its error is thrown, and kept in the state. */
  readonly challenge: (account: AccountOfWallet) => Promise<WalletChallenge>;
  /** For wallets that write the message themselves. */
  readonly nonce: (chainId?: number) => Promise<WalletNonce>;
  /** Redeems a signature; whoever signed is logged in then. */
  readonly verify: (signed: SignedMessage) => Promise<WalletTokens>;
  /** All steps in one. */
  readonly signIn: (wallet: Eip1193Provider | WalletAccount) => Promise<WalletTokens>;
  /** All steps in one, where the wallet writes the message. */
  readonly connect: (provider: Eip1193Provider, chainId?: number) => Promise<WalletTokens>;
  /** Nobody is logged in from then on; a login that is under way does not come back. */
  readonly signOut: () => Promise<void>;
}

/** Nobody is logged in at first. */
export function createWalletSession(
  login: WalletLogin,
  { onSignIn, onSignOut }: WalletSessionOptions = {},
): WalletSession {
  let state: WalletSessionState = { status: 'unauthenticated' };
  const listeners = new Set<() => void>();
  /** How many times somebody signed out: a login that was under way then is not to come back. */
  let ended = 0;
  function become(next: WalletSessionState): void {
    state = next;
    for (const listener of listeners) listener();
  }

  /** A step forgets the error before it, and keeps its own. */
  async function step<Result>(run: () => Promise<Result>): Promise<Result> {
    const { error: before, ...rest } = state;
    if (before !== undefined) become(rest);
    try {
      return await run();
    } catch (error) {
      if (error instanceof TesseraError) become({ ...state, error });
      throw error;
    }
  }

  async function authenticate(run: () => Promise<WalletTokens>): Promise<WalletTokens> {
    const endedBefore = ended;
    return step(async () => {
      const tokens = await run();
      if (ended !== endedBefore) {
        await onSignOut?.(tokens);
        throw new TesseraError('tokens_missing', 'Somebody signed out during the login');
      }
      await onSignIn?.(tokens);
      become({ status: 'authenticated', tokens });
      return tokens;
    });
  }

  return {
    getSnapshot: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    challenge: (account) => step(() => login.challenge(account)),
    nonce: (chainId) => step(() => login.nonce(chainId)),
    verify: (signed) => authenticate(() => login.verify(signed)),
    signIn: (wallet) => authenticate(() => login.signIn(wallet)),
    connect: (provider, chainId) => authenticate(() => login.connect(provider, chainId)),
    async signOut() {
      const { tokens } = state;
      ended += 1;
      become({ status: 'unauthenticated' });
      if (tokens !== undefined) await onSignOut?.(tokens);
    },
  };
}
