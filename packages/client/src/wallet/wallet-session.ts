import type { Client } from '../client-options.ts';
import { TesseraError } from '../errors.ts';
import { type Eip1193Provider, isAddress, isChainId, type WalletAccount } from './wallet-account.ts';
import { wrappedWalletError } from './wallet-error.ts';
import type { AccountOfWallet, WalletChallenge, WalletLogin, WalletTokens } from './wallet-login.ts';
import type { SignedMessage, WalletNonce } from './wallet-message.ts';

/** Who is logged in, and why the last login failed. The same object until something of it changes. */
export interface WalletSessionState {
  /** `loading` until it is known whether a `client` still holds the tokens of an earlier page. */
  readonly status: 'loading' | 'unauthenticated' | 'authenticated';
  /** While authenticated. In memory alone. */
  readonly tokens?: WalletTokens;
  /** Of the last step that failed, until the next begins: what the libraries' own hooks and dialogs do not tell. */
  readonly error?: TesseraError;
}

/** What is to happen with the tokens of a session. */
export interface WalletSessionOptions {
  /**
   * Takes the tokens, refreshes them, and has them revoked when the session ends. As long as its `tokens` keep them, there is a
   * session: with `sharedStorage({ storage: sessionStorage })` after a reload too.
   */
  readonly client?: Pick<Client, 'adopt' | 'tokens' | 'revoke'> | undefined;
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
  /**
   * Keeps as the error what a library caught and does not tell, such as the end-user's refusal to sign: with wagmi
   * `new QueryClient({ mutationCache: new MutationCache({ onError: session.report }) })`.
   */
  readonly report: (thrown: unknown) => void;
  /**
   * Looks at what the `client` holds: another tab may have logged in or out. Hand it to the storage that tabs share:
   * `sharedStorage({ onChange: () => session.sync() })`. Never throws.
   */
  readonly sync: () => Promise<void>;
}

/** Nobody is logged in at first. */
export function createWalletSession(
  login: WalletLogin,
  { client, onSignIn, onSignOut }: WalletSessionOptions = {},
): WalletSession {
  let state: WalletSessionState = { status: client === undefined ? 'unauthenticated' : 'loading' };
  const listeners = new Set<() => void>();
  /** How many times somebody signed out: a login that was under way then is not to come back. */
  let ended = 0;
  /** How many logins there were: what the client held before is not to come back either. */
  let begun = 0;
  /** How many are signing out: until the client has forgotten its tokens, they are nobody's. */
  let ending = 0;
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
      if (ended === endedBefore) {
        await client?.adopt(tokens);
        await onSignIn?.(tokens);
      }
      if (ended !== endedBefore) {
        await onSignOut?.(tokens);
        // Unless it has those of the next login by now.
        if (state.tokens === undefined) {
          await client?.adopt(tokens);
          await client?.revoke();
        }
        throw new TesseraError('tokens_missing', 'Somebody signed out during the login');
      }
      begun += 1;
      become({ status: 'authenticated', tokens });
      return tokens;
    });
  }

  async function sync(): Promise<void> {
    const before = ended + begun;
    const tokens = await client?.tokens().catch(() => undefined);
    if (client === undefined || ending > 0 || ended + begun !== before) return;
    const { error } = state;
    become({
      ...(isOfWallet(tokens) ? { status: 'authenticated', tokens } : { status: 'unauthenticated' }),
      ...(error !== undefined && { error }),
    });
  }
  void sync();

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
      ending += 1;
      try {
        if (tokens !== undefined) await onSignOut?.(tokens);
        await client?.revoke();
      } finally {
        ending -= 1;
      }
    },
    report: (thrown) => become({ ...state, error: wrappedWalletError(thrown) }),
    sync,
  };
}

/** The state, once it is known whether a session outlived the page before. */
export function settledState({ getSnapshot, subscribe }: WalletSession): Promise<WalletSessionState> {
  return new Promise((resolve) => {
    const settle = () => {
      if (getSnapshot().status === 'loading') return;
      stop();
      resolve(getSnapshot());
    };
    const stop = subscribe(settle);
    settle();
  });
}

/** What the client holds may be of a login without a wallet. */
function isOfWallet(tokens: object | undefined): tokens is WalletTokens {
  const { address, chainId } = (tokens ?? {}) as Partial<WalletTokens>;
  return isAddress(address) && isChainId(chainId);
}
