import { toBase64url, utf8 } from './base64url.ts';
import { newSecret, s256, type WebCrypto } from './web-crypto.ts';

/** Binds tokens to a key: hand `dpop()` in, or what signs with a key of the device. Source: RFC 9449. */
export interface Dpop {
  /** Of the key: the `dpop_jkt` of a login. Source: RFC 9449 §10. */
  thumbprint(): Promise<string>;
  /** A proof for one request, with the newest nonce of its server. */
  proof(request: ProvenRequest): Promise<string>;
  /** Keeps what a server said: its nonce, and its time. True when another proof than the last one would be made by it. */
  observe(url: string, response: Response): boolean;
  /** Forgets the key: the next login has another. */
  forget(): Promise<void>;
}

/** What a proof is for: a request, and the access token that it shows, if it does. Source: RFC 9449 §4.2. */
export interface ProvenRequest {
  readonly method: string;
  readonly url: string;
  readonly accessToken?: string | undefined;
}

/** Where the key pair lies. The private key is a handle that nobody can export, so a storage of strings will not do. */
export interface KeyStorage {
  /** The pair that is there, else the new one, which is there from then on. */
  getOrAdd(create: () => Promise<CryptoKeyPair>): Promise<CryptoKeyPair>;
  /** The next `getOrAdd` makes another one. */
  remove(): Promise<void>;
}

/** Of `dpop()`: where its key lies, by default in this browser. */
export interface DpopOptions {
  /**
   * By default the browser's IndexedDB, which survives the way to the login page and back; elsewhere, and where the browser
   * blocks it, memory.
   */
  readonly keys?: KeyStorage | undefined;
  readonly crypto?: WebCrypto | undefined;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
/** The service takes proofs from 60 s before its time until 10 s after it: so a clock may be 35 s off, either way. */
const aheadMs = 25_000;

/**
 * Binds the tokens of a client to an ES256 key that cannot be exported. It follows the service’s clock and nonce, so that a
 * device whose clock is off logs in too. Source: RFC 9449.
 */
export function dpop({ keys = indexedDbKeys(), crypto = globalThis.crypto, now = Date.now }: DpopOptions = {}): Dpop {
  const nonces = new Map<string, string | undefined>();
  // By origin, so that no API moves the time of proofs for the issuer; one that hides its own has the issuer’s.
  const offsets = new Map<string, number>();
  let issuer = '';
  const offsetOf = (origin: string) => offsets.get(origin) ?? offsets.get(issuer) ?? -aheadMs;
  const create = () => crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']) as Promise<CryptoKeyPair>;
  const memory = memoryKeys();
  const pair = () =>
    keys.getOrAdd(create).catch((error: Error) => {
      // It is blocked, or there is none. Whatever else fails may succeed later, and another key meanwhile would end the login.
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
      // Who is shown no token hands them out. Source: RFC 9449 §5.
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
      // What may come from a cache has the time when it was made.
      if (time > 0 && headers.get('cache-control')?.includes('no-store') === true) offsets.set(origin, time - now());
      const known = nonces.get(origin);
      const nonce = headers.get('dpop-nonce') ?? known;
      nonces.set(origin, nonce);
      return nonce !== known || Math.abs(offsetOf(origin) - former) > 2 * aheadMs;
    },
    forget: () => pair().then(() => keys.remove()),
  };
}

const encoded = (part: object) => toBase64url(utf8(JSON.stringify(part)));

/** Gone with the page or the process. */
export function memoryKeys(): KeyStorage {
  let pair: Promise<CryptoKeyPair> | undefined;
  return {
    getOrAdd: (create) => (pair ??= create()),
    remove: async () => {
      pair = undefined;
    },
  };
}

/** One pair for the tabs of an origin, kept by the browser as a handle. */
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
      // Of two tabs that made one at once, `add` lets the first have its way.
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
