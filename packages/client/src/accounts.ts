/** `@tessera/client/accounts`: several logins of one application, side by side. */
import { membersOf } from './answer.ts';
import { createClient } from './client.ts';
import type { ClientOptions, FinishedLogin, LoginOptions } from './client-options.ts';
import { TesseraError } from './errors.ts';
import { platformLocks } from './locks.ts';
import { createSessionClient, type SessionClient } from './session.ts';
import { sharedStorage } from './shared-storage.ts';
import { type ClientStorage, memoryStorage, pageStorage, type WebStorage } from './storage.ts';
import type { IdTokenClaims } from './tokens.ts';

/** Describes the clients of the accounts, which differ in their tokens alone. */
export interface AccountsOptions extends ClientOptions {
  /** With `openid` and `offline_access`, the default: the login of another end-user ends the browser's session, and grants without. */
  readonly scope?: string | undefined;
  /** By default shared between the tabs, and in `sessionStorage`: the page leaves for the login of the next account. */
  readonly tokens?: ClientStorage | undefined;
  /** Where this tab keeps which account it shows; by default `sessionStorage`, or memory where that is missing or blocked. */
  readonly shown?: ClientStorage | undefined;
}

/** The accounts. Immutable, and the same object until something changes. */
export interface AccountsSnapshot {
  /** True until the storage was read. */
  readonly loading: boolean;
  /** Claims of their ID tokens, in the order of their logins. */
  readonly accounts: readonly IdTokenClaims[];
  /** `sub` of the account that this tab shows; undefined without any. */
  readonly current: string | undefined;
}

/** The accounts that end-users of this browser have logged in with. Every method throws only {@link TesseraError}. */
export interface Accounts {
  /** With {@link subscribe} for React's `useSyncExternalStore`. */
  readonly getSnapshot: () => AccountsSnapshot;
  /** Calls back after each change, also one of another tab; returns the unsubscribe function. */
  readonly subscribe: (listener: () => void) => () => void;
  /** The client of an account, with its tokens; the same one at each call. Nobody is logged in at that of an unknown one. */
  readonly clientOf: (sub: string) => SessionClient;
  /** Begins a login as `login` of a client does, at which the end-user can choose another account. */
  readonly add: (options?: LoginOptions) => Promise<FinishedLogin | undefined>;
  /** As `finish` of a client. The account is then the one that this tab shows; a second login of one replaces its first. */
  readonly finish: (callbackUrl?: string) => Promise<FinishedLogin>;
  /** Shows another account in this tab. Throws `tokens_missing` for an unknown one. */
  readonly switchTo: (sub: string) => Promise<void>;
  /** Ends the login of one account, as `revoke` of its client does, and forgets it. The session at the service goes on. */
  readonly remove: (sub: string) => Promise<void>;
  /** Ends what keeps the accounts up to date, as `close` of a client does. */
  readonly close: () => void;
}

/** Sends no request yet. Throws as {@link createClient}. */
export function createAccounts(options: AccountsOptions): Accounts {
  const { issuer, clientId, scope = 'openid offline_access', locks = platformLocks(), dpop } = options;
  const isPage = 'document' in globalThis;
  const storage = options.tokens ?? (isPage ? sharedStorage({ storage: tabStorage() }) : memoryStorage());
  const shown = options.shown ?? (isPage ? pageStorage() : memoryStorage());
  const key = `tessera.accounts.${clientId}@${issuer}`;
  const shownKey = `${key}.shown`;
  const locked = <Result>(work: () => Promise<Result>) =>
    locks.request(`tessera ${key}`, async () => {
      await storage.sync?.(key);
      return work();
    });
  const listeners = new Set<() => void>();
  const clients = new Map<string, SessionClient>();
  let state: AccountsSnapshot = { loading: true, accounts: [], current: undefined };

  // They share the key, which the end of one login must not take from the others.
  const common = { ...options, scope, ...(dpop && { dpop: { ...dpop, forget: async () => {} } }) };

  const clientOf = (sub: string): SessionClient => {
    const known = clients.get(sub);
    if (known !== undefined) return known;
    const made = createSessionClient({
      ...common,
      lockName: `${options.lockName ?? `${issuer} ${clientId}`} ${sub}`,
      tokens: apart(storage, sub),
    });
    clients.set(sub, made);
    made.subscribe(() => void update());
    return made;
  };
  /** Of a login whose account is not known yet. */
  const newcomer = createClient({ ...common, tokens: memoryStorage() });

  const subs = async (): Promise<readonly string[]> => {
    // Anything else in the storage is no list.
    const { list } = (membersOf((await storage.get(key)) ?? '') ?? {}) as { readonly list?: readonly string[] };
    return list ?? [];
  };
  const write = (list: readonly string[]) => storage.set(key, JSON.stringify({ list }));

  const read = async (): Promise<void> => {
    const held = await Promise.all((await subs()).map(async (sub) => (await clientOf(sub).tokens())?.claims));
    const accounts = held.filter((claims) => claims !== undefined);
    const last = (await shown.get(shownKey)) ?? undefined;
    const current = accounts.some(({ sub }) => sub === last) ? last : accounts.at(-1)?.sub;
    const next = { loading: false, accounts, current };
    if (JSON.stringify(next) === JSON.stringify(state)) return;
    state = next;
    for (const listener of listeners) listener();
  };
  // Reads follow each other, so that each sees what was written before it.
  let reading = Promise.resolve();
  const update = () => (reading = reading.then(read, read).catch(() => undefined));
  const stop = storage.onChange?.(() => void update());
  void update();

  const finished = async (login: FinishedLogin): Promise<FinishedLogin> => {
    const { sub } = login.tokens.claims ?? {};
    if (sub === undefined) throw new TesseraError('configuration_invalid', 'The scope openid is missing');
    const client = clientOf(sub);
    await locked(async () => {
      const known = await subs();
      // Its first login would go on at the service, and nobody could end it here.
      await client.revoke().catch(() => undefined);
      await client.adopt(login.tokens);
      await write([...known.filter((each) => each !== sub), sub]);
      await shown.set(shownKey, sub);
    });
    await update();
    return login;
  };

  return {
    getSnapshot: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    clientOf,
    async add({ parameters, ...others } = {}) {
      const login = await newcomer.login({ ...others, parameters: { prompt: 'select_account', ...parameters } });
      return login && finished(login);
    },
    finish: async (callbackUrl) => finished(await newcomer.finish(callbackUrl)),
    async switchTo(sub) {
      if (!(await subs()).includes(sub)) throw new TesseraError('tokens_missing', 'This account is not logged in');
      await shown.set(shownKey, sub);
      await update();
    },
    async remove(sub) {
      try {
        await clientOf(sub).revoke();
      } finally {
        await locked(async () => {
          const left = (await subs()).filter((each) => each !== sub);
          await write(left);
          if (left.length === 0) await dpop?.forget();
        });
        await update();
      }
    },
    close() {
      stop?.();
      listeners.clear();
      storage.close?.();
      for (const client of clients.values()) client.close();
    },
  };
}

/** Undefined where the browser blocks it. */
function tabStorage(): WebStorage | undefined {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}

/** The part of a storage that belongs to one account. */
function apart(storage: ClientStorage, sub: string): ClientStorage {
  const keyOf = (key: string) => `${key} ${sub}`;
  const { sync, onChange } = storage;
  return {
    get: (key) => storage.get(keyOf(key)),
    set: (key, value) => storage.set(keyOf(key), value),
    remove: (key) => storage.remove(keyOf(key)),
    ...(sync && { sync: (key) => storage.sync?.(keyOf(key)) }),
    ...(onChange && { onChange: (listener) => onChange.call(storage, listener) }),
  };
}
