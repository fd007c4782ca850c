import type { Client } from '../client-options.ts';
import { TesseraError } from '../errors.ts';
import { type Eip1193Provider, isAddress, isChainId, type WalletAccount } from './wallet-account.ts';
import { wrappedWalletError } from './wallet-error.ts';
import type { WalletLogin, WalletTokens } from './wallet-login.ts';
import type { AccountOfWallet, SignedMessage, WalletChallenge, WalletNonce } from './wallet-message.ts';

/** Who is logged in, and why the last login failed. The same object until it changes. */
export interface WalletSessionState {
  /** `loading` until it is known whether a `client` still has the tokens of an earlier page. */
  readonly status: 'loading' | 'unauthenticated' | 'authenticated';
  /** While authenticated. In memory only. */
  readonly tokens?: WalletTokens;
  /** Error of the last failed step until the next begins: the libraries' own hooks and dialogs do not show it. */
  readonly error?: TesseraError;
}

/** What to do with the tokens of a session. */
export interface WalletSessionOptions {
  /**
   * Takes the tokens, refreshes them, and has them revoked when the session ends. The session lasts as long as the client has
   * tokens: with `sharedStorage({ storage: sessionStorage })` even after a reload.
   */
  readonly client?: Pick<Client, 'adopt' | 'tokens' | 'revoke'> | undefined;
  /** Called before the session is shown as authenticated: pass the tokens to whatever refreshes them. */
  readonly onSignIn?: ((tokens: WalletTokens) => void | Promise<void>) | undefined;
  /** Revoke the tokens. The session has ended already, whatever the result. */
  readonly onSignOut?: ((tokens: WalletTokens) => void | Promise<void>) | undefined;
}

/** A login and its result, for libraries that call its steps themselves and show too little of them. */
export interface WalletSession {
  /** With {@link subscribe} for React's useSyncExternalStore. */
  readonly getSnapshot: () => WalletSessionState;
  /** Calls back when the state changes; returns the unsubscribe function. */
  readonly subscribe: (listener: () => void) => () => void;
  /** As in {@link WalletLogin}, like all steps here: an error is thrown, and kept in the state. */
  readonly challenge: (account: AccountOfWallet) => Promise<WalletChallenge>;
  /** As in {@link WalletLogin}: a login goes on that an earlier page of this tab began. */
  readonly waiting: () => Promise<WalletChallenge | undefined>;
  /** For wallets that write the message themselves. */
  readonly nonce: (chainId?: number) => Promise<WalletNonce>;
  /** Redeems a signature; its account is then logged in. */
  readonly verify: (signed: SignedMessage) => Promise<WalletTokens>;
  /** All steps at once. */
  readonly signIn: (wallet: Eip1193Provider | WalletAccount) => Promise<WalletTokens>;
  /** All steps at once, when the wallet writes the message. */
  readonly connect: (provider: Eip1193Provider, chainId?: number) => Promise<WalletTokens>;
  /** Nobody is logged in from then on; a pending login does not come back. */
  readonly signOut: () => Promise<void>;
  /**
   * Keeps as the error what a library caught and does not show, such as the end-user's refusal to sign: with wagmi `new
   * QueryClient({ mutationCache: new MutationCache({ onError: session.report }) })`.
   */
  readonly report: (thrown: unknown) => void;
  /**
   * Reads the `client`'s tokens: another tab may have logged in or out. Pass it to a shared storage: `sharedStorage({ onChange:
   * () => session.sync() })`. Never throws.
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
  /** Number of sign-outs: a login that was pending then must not come back. */
  let ended = 0;
  /** Number of logins: earlier tokens of the client must not come back either. */
  let begun = 0;
  /** Sign-outs under way: until the client has deleted its tokens, they are nobody's. */
  let ending = 0;
  function become(next: WalletSessionState): void {
    state = next;
    for (const listener of listeners) listener();
  }

  /** A step clears the previous error, and stores its own. */
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
        // Unless the next login has begun already.
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
    waiting: () => login.waiting(),
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

/** The state, once it is known whether a session has survived the previous page. */
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

/** The client's tokens may be from a login without a wallet. */
function isOfWallet(tokens: object | undefined): tokens is WalletTokens {
  const { address, chainId } = (tokens ?? {}) as Partial<WalletTokens>;
  return isAddress(address) && isChainId(chainId);
}
