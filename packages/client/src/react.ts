/** `@tessera/client/react`: the session of a client, or of a wallet, in components of React. */
import {
  createContext,
  createElement,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react';
import type { FinishedLogin, LoginOptions, LogoutOptions } from './client-options.ts';
import type { SessionClient } from './session.ts';
import { loadingSession, type SessionSnapshot } from './watched-session.ts';

/** Who is logged in, and what changes that. */
export interface Session extends SessionSnapshot {
  /** Begins a login that comes back to this page; rejects as the client's, and `error` then says why, too. */
  readonly login: (options?: LoginOptions) => Promise<unknown>;
  /** Rejects as the client's. */
  readonly logout: (options?: LogoutOptions) => Promise<unknown>;
}

/** The login of an application. */
export interface TesseraProviderProps {
  /** From `createSessionClient`, once, outside of components. */
  readonly client: SessionClient;
  readonly children?: ReactNode;
  /** Instead of the client's login, such as `() => session.signIn(wallet)` of a wallet's session that has this client. */
  readonly login?: ((options?: LoginOptions) => Promise<unknown>) | undefined;
  /** Called after a login that came back to this page. By default the application goes to the path in its `data`, if any. */
  readonly onLogin?: ((finished: FinishedLogin) => void) | undefined;
}

/** What the provider has for the components in it. */
interface Provided extends Pick<Session, 'login' | 'logout'> {
  readonly client: SessionClient;
  readonly isFinishing: boolean;
  /** A login without a click: of any number of callers, one begins it. */
  readonly loginOnce: () => Promise<void>;
}

const Tessera = createContext<Provided | undefined>(undefined);

/** Gives the client to the components in it, and finishes the login if this page is its callback. */
export function TesseraProvider({ client, children, login, onLogin = returnTo }: TesseraProviderProps): ReactNode {
  // From the first render on: no guard may begin another login meanwhile.
  const [isFinishing, setFinishing] = useState(() => isCallbackOf(client));
  useEffect(() => {
    if (!isFinishing) return undefined;
    let isCurrent = true;
    // An effect that runs twice calls twice, and the client answers both with one login. Its error is in the session.
    client.finish().then(
      (finished) => {
        if (!isCurrent) return;
        onLogin(finished);
        setFinishing(false);
      },
      () => isCurrent && setFinishing(false),
    );
    return () => {
      isCurrent = false;
    };
    // Not `onLogin`: another function is not another callback.
  }, [client, isFinishing]);
  const functions = useMemo(() => {
    const begin = login ?? ((options?: LoginOptions) => client.login({ data: here(), ...options }));
    let beginning: Promise<void> | undefined;
    const loginOnce = async () => {
      await begin().catch(() => undefined);
      beginning = undefined;
    };
    return {
      login: begin,
      logout: (options?: LogoutOptions) => client.logout(options),
      loginOnce: () => (beginning ??= loginOnce()),
    };
  }, [client, login]);
  const provided = useMemo(() => ({ client, isFinishing, ...functions }), [client, isFinishing, functions]);
  return createElement(Tessera.Provider, { value: provided }, children);
}

/** The client of the provider, for `fetch` and all else. */
export function useClient(): SessionClient {
  return useProvided().client;
}

/** Who is logged in. On a server, and in the first render of a page that was rendered there, it is loading. */
export function useSession(): Session {
  const { client, isFinishing, login, logout } = useProvided();
  const snapshot = useSyncExternalStore(client.subscribe, client.getSnapshot, atFirst);
  return useMemo(
    () => ({ ...snapshot, loading: snapshot.loading || isFinishing, login, logout }),
    [snapshot, isFinishing, login, logout],
  );
}

/** A function that gets an access token when one is needed: it may refresh, and rejects as the client's `accessToken`. */
export function useAccessToken(): () => Promise<string> {
  const client = useClient();
  return useCallback(() => client.accessToken(), [client]);
}

/** A wallet's session, as `createWalletSession` of `@tessera/client/wallet` returns it. */
export interface WatchedWallet<State> {
  /** Calls back when the state changes; returns the unsubscribe function. */
  readonly subscribe: (listener: () => void) => () => void;
  /** The same object until it changes. */
  readonly getSnapshot: () => State;
}

/** On a server, and in the first render of a page that was rendered there. */
export interface LoadingWallet {
  readonly status: 'loading';
  readonly tokens?: undefined;
  readonly error?: undefined;
}

/**
 * The state of a wallet's session: account, chain, tokens, and why the last signature or login failed. With `client` in the
 * options of the session, and that client in the provider, {@link useSession} and {@link RequireLogin} are of the wallet's login
 * as well.
 */
export function useWalletSession<State>(session: WatchedWallet<State>): State | LoadingWallet {
  return useSyncExternalStore<State | LoadingWallet>(session.subscribe, session.getSnapshot, walletAtFirst);
}

/** Of a guard. */
export interface RequireLoginProps {
  /** Shown to whoever is logged in. */
  readonly children?: ReactNode;
  /** Shown until it is known who is logged in, and while the browser leaves for the login. */
  readonly fallback?: ReactNode;
  /** Shown when nobody is logged in, instead of what the guard does by itself. */
  readonly otherwise?: ReactNode | ((session: Session) => ReactNode);
}

/**
 * Shows its children to whoever is logged in. Without `otherwise` it begins a login for everybody else, but only once: after a
 * logout, an expiry, a failure, or a return by the browser's back button it shows a button, since a login by itself could undo a
 * logout, lose what is on the page, or go in circles.
 */
export function RequireLogin({ children, fallback, otherwise }: RequireLoginProps): ReactNode {
  const session = useSession();
  const { loginOnce } = useProvided();
  const { loading, loggedIn, error, login } = session;
  const [isAsked, setAsked] = useState(false);
  if (loggedIn && !isAsked) setAsked(true);
  const begins = !loading && !loggedIn && !error && !isAsked && otherwise === undefined;
  useEffect(() => {
    if (!begins) return undefined;
    const returned = ({ persisted }: PageTransitionEvent) => persisted && setAsked(true);
    globalThis.addEventListener?.('pageshow', returned);
    void loginOnce();
    return () => globalThis.removeEventListener?.('pageshow', returned);
  }, [begins, loginOnce]);
  if (loading || begins) return fallback;
  if (loggedIn) return children;
  if (typeof otherwise === 'function') return otherwise(session);
  if (otherwise !== undefined) return otherwise;
  return createElement('button', { type: 'button', onClick: () => void login().catch(() => undefined) }, 'Log in');
}

const atFirst = () => loadingSession;
const loadingWallet: LoadingWallet = { status: 'loading' };
const walletAtFirst = () => loadingWallet;

function useProvided(): Provided {
  const provided = useContext(Tessera);
  if (provided === undefined) throw new Error('There is no TesseraProvider around this component');
  return provided;
}

/** Whether the page's URL has a response of this issuer; another issuer's is left to whoever asked it. Source: RFC 9207 §2. */
function isCallbackOf({ discovery }: SessionClient): boolean {
  const answer = new URLSearchParams(globalThis.location?.search);
  return answer.has('state') && answer.get('iss') === discovery.issuer;
}

/** Undefined in an app without a location. */
function here(): string | undefined {
  const { pathname, search, hash } = (globalThis.location ?? {}) as Partial<Location>;
  return pathname && `${pathname}${search}${hash}`;
}

/** Routers listen for `popstate`. `data` may be something else than a path. */
function returnTo({ data }: FinishedLogin): void {
  if (!data?.startsWith('/') || new URL(data, location.href).origin !== location.origin) return;
  history.replaceState(null, '', data);
  dispatchEvent(new PopStateEvent('popstate'));
}
