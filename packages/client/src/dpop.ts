import { toBase64url, utf8 } from './base64url.ts';
import { newSecret, s256, type WebCrypto } from './web-crypto.ts';

/** Binds tokens to a key: use `dpop()`, or an implementation that signs with a key of the device. Source: RFC 9449. */
export interface Dpop {
  /** The key's thumbprint: the `dpop_jkt` of a login. Source: RFC 9449 §10. */
  thumbprint(): Promise<string>;
  /** A proof for one request, with the newest nonce of its server. */
  proof(request: ProvenRequest): Promise<string>;
  /** Remembers a server's nonce and time. True when these would change the last proof. */
  observe(url: string, response: Response): boolean;
  /** Deletes the key: the next login gets another. */
  forget(): Promise<void>;
}

/** The request that a proof is for, with its access token, if any. Source: RFC 9449 §4.2. */
export interface ProvenRequest {
  readonly method: string;
  readonly url: string;
  readonly accessToken?: string | undefined;
}

/** Stores the key pair. The private key is a handle that cannot be exported, so a storage of strings will not do. */
export interface KeyStorage {
  /** The stored pair, or a new one, which is then stored. */
  getOrAdd(create: () => Promise<CryptoKeyPair>): Promise<CryptoKeyPair>;
  /** The next `getOrAdd` creates another one. */
  remove(): Promise<void>;
}

/** Options of `dpop()`: where its key is stored, by default in this browser. */
export interface DpopOptions {
  /**
   * By default the browser's IndexedDB, which survives the redirect to the login page and back; memory where that is missing or
   * blocked.
   */
  readonly keys?: KeyStorage | undefined;
  readonly crypto?: WebCrypto | undefined;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
/** The service accepts proofs from 60 s before its time until 10 s after it: so a clock may be 35 s off either way. */
const aheadMs = 25_000;

/**
 * Binds the tokens of a client to an ES256 key that cannot be exported. It follows the service’s clock and nonce, so that a
 * device whose clock is off can log in, too. Source: RFC 9449.
 */
export function dpop({ keys = indexedDbKeys(), crypto = globalThis.crypto, now = Date.now }: DpopOptions = {}): Dpop {
  const nonces = new Map<string, string | undefined>();
  // By origin, so that no API affects the time in proofs for the issuer; an API that hides its time uses the issuer’s.
  const offsets = new Map<string, number>();
  let issuer = '';
  const offsetOf = (origin: string) => offsets.get(origin) ?? offsets.get(issuer) ?? -aheadMs;
  const create = () => crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']) as Promise<CryptoKeyPair>;
  const memory = memoryKeys();
  const pair = () =>
    keys.getOrAdd(create).catch((error: Error) => {
      // It is blocked or missing. Other failures may be temporary, and another key meanwhile would end the login.
      if (!/^(Security|Reference)/.test(error.name)) throw error;
      return (keys = memory).getOrAdd(create);
    });
  const publicJwk = async ({ publicKey }: CryptoKeyPair) => {
    const { crv, kty, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
    // In the order that RFC 7638 §3.2 hashes.
    return { crv, kty, x, y };
  };
  return {
    thumbprint: async () => s256(crypto, JSON.stringify(await publicJwk(await pair()))),
    async proof({ method, url, accessToken }) {
      const key = await pair();
      const { origin, pathname } = new URL(url);
      // A request without a token goes to the issuer. Source: RFC 9449 §5.
      if (accessToken === undefined) issuer = origin;
      const signed = `${encoded({ typ: 'dpop+jwt', alg: 'ES256', jwk: await publicJwk(key) })}.${encoded({
        jti: newSecret(crypto),
        htm: method,
        htu: origin + pathname,
        iat: Math.floor((now() + offsetOf(origin)) / 1000),
        ath: accessToken === undefined ? undefined : await s256(crypto, accessToken),
        nonce: nonces.get(origin),
      })}`;
      return `${signed}.${toBase64url(await crypto.subtle.sign(algorithm, key.privateKey, utf8(signed)))}`;
    },
    observe(url, { headers }) {
      const { origin } = new URL(url);
      const former = offsetOf(origin);
      const time = Date.parse(headers.get('date') ?? '');
      // A cached response would have an old time.
      if (time > 0 && /no-store/.test(headers.get('cache-control') ?? '')) offsets.set(origin, time - now());
      const known = nonces.get(origin);
      const nonce = headers.get('dpop-nonce') ?? known;
      nonces.set(origin, nonce);
      return nonce !== known || Math.abs(offsetOf(origin) - former) > 2 * aheadMs;
    },
    forget: () => pair().then(() => keys.remove()),
  };
}

const encoded = (part: object) => toBase64url(utf8(JSON.stringify(part)));

/** Keeps the key in memory, until the page or process ends. */
export function memoryKeys(): KeyStorage {
  let pair: Promise<CryptoKeyPair> | undefined;
  return {
    getOrAdd: (create) => (pair ??= create()),
    remove: async () => {
      pair = undefined;
    },
  };
}

/** One key pair for the tabs of an origin, stored by the browser as a handle. */
export function indexedDbKeys(name = 'tessera'): KeyStorage {
  const act = async <Result>(run: (store: IDBObjectStore) => IDBRequest<Result>): Promise<Result> => {
    const opening = indexedDB.open(name);
    opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore('keys'));
    const database = await result(opening);
    try {
      return await result(run(database.transaction('keys', 'readwrite').objectStore('keys')));
    } finally {
      database.close();
    }
  };
  const find = () => act<CryptoKeyPair | undefined>((store) => store.get('dpop'));
  return {
    async getOrAdd(create) {
      const found = await find();
      if (found) return found;
      const made = await create();
      // When two tabs create one at once, `add` keeps the first.
      await act((store) => store.add(made, 'dpop')).catch(() => undefined);
      return (await find()) ?? made;
    },
    remove: async () => act((store) => store.delete('dpop')),
  };
}

function result<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error as DOMException));
  });
}
