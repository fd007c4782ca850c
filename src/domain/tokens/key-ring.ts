import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import {
  calculateJwkThumbprint,
  compactVerify,
  type CryptoKey,
  decodeJwt,
  decodeProtectedHeader,
  importJWK,
  type JWK,
  type JSONWebKeySet,
  type JWTHeaderParameters,
} from 'jose';
import * as z from 'zod';
import { longestAccessTokenLifetime } from '../apis/api';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config, refusedSetting } from '../../platform/config';
import { type SigningAlgorithm, signingAlgorithms } from '../../platform/settings';
import { StoreUnavailableError } from '../../platform/storage/store-unavailable.error';
import { KeyEncryption, UndecryptableKeyError } from './key-encryption';
import { type SigningKey, SigningKeyStore, type StoredSigningKey } from './signing-key-store';
import { type TokenSigner, tokenSigner } from './jws';
import { idTokenLifetime } from './lifetimes';
import { newPrivateKey } from './private-key';
import { RetiredKeys, sealAlgorithm } from './retired-keys';

const reloadMs = 10_000;
/** Milliseconds after which a key retired at once verifies nothing, if verifiers respect the JWKS's `max-age`. */
const retiredWithinMs = 60_000;
/** `max-age` of the JWKS. The serving process may itself have read the keys `reloadMs` earlier. */
export const jwksMaxAgeSeconds = (retiredWithinMs - reloadMs) / 1000;
/** How long a new key is published before it signs: longer than a JWKS is cached and any process takes to reload. */
const publishBeforeSigningMs = retiredWithinMs + 2 * reloadMs;

/** Until the last token that a key signed has expired, whatever lifetime an API has or had. */
const longestTokenMs = Math.max(longestAccessTokenLifetime, idTokenLifetime) * 1000 + 2 * reloadMs;

const dayMs = 86_400_000;

/** A signing key as an operator may see it. */
export const publicKeyState = z.object({
  kid: z.string(),
  alg: z.enum(signingAlgorithms),
  state: z
    .enum(['upcoming', 'signing', 'former', 'retired'])
    .describe('upcoming: signs from not_before. former: published until what it signed has expired.'),
  not_before: z.int().describe('When it takes over. Seconds since the epoch.'),
  public_key: z.custom<JWK>().meta({ type: 'object', description: 'As in the JWKS (RFC 7517 §4).' }),
});

export type PublicKeyState = Readonly<z.infer<typeof publicKeyState>>;

/**
 * The signing keys of the service. They live in the store, so that all processes sign with and publish the same ones; each
 * process reloads them every ten seconds.
 */
@Injectable()
export class KeyRing implements OnApplicationShutdown {
  private keys: readonly SigningKey[] = [];
  private stored: readonly StoredSigningKey[] = [];
  private readonly encryption: KeyEncryption;
  private readonly retired: RetiredKeys;
  private reloadedAt = 0;
  private readonly imported = new Map<string, Promise<CryptoKey | Uint8Array>>();
  private readonly signers = new Map<SigningAlgorithm, { readonly signer: TokenSigner; readonly until: number }>();
  private reloading: NodeJS.Timeout | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly store: SigningKeyStore,
  ) {
    this.encryption = new KeyEncryption(config.keyEncryptionKeys);
    this.retired = new RetiredKeys(store, this.encryption);
  }

  /**
   * The algorithms in use: the configured one; RS256, which every client supports; ES256, for clients that may not use RS256;
   * and any other that a client registered. Source: OpenID Connect Discovery §3, FAPI 2.0 Security Profile §5.4.1.
   */
  get algorithms(): SigningAlgorithm[] {
    const asked = this.keys.map(({ algorithm }) => algorithm);
    return [...new Set<SigningAlgorithm>([this.config.signingAlgorithm, 'RS256', 'ES256', ...asked])];
  }

  /** How many keys the store held at the last read, encrypted (unusable without KEY_ENCRYPTION_KEYS) and plain. */
  get atRest(): { readonly encrypted: number; readonly plain: number } {
    const encrypted = this.stored.filter(({ privateJwk }) => typeof privateJwk === 'string').length;
    return { encrypted, plain: this.stored.length - encrypted };
  }

  /** Reads the keys. Throws: ConfigError when one cannot be decrypted. */
  async open(): Promise<void> {
    await this.read(({ message }) => this.refuse(message));
  }

  /**
   * Reads the keys, generates the first of each algorithm in use (once, even if several processes start together), and encrypts
   * those that are not under the first of KEY_ENCRYPTION_KEYS. Returns how many were in plain. Throws: ConfigError when one
   * cannot be decrypted.
   */
  async ensure(): Promise<number> {
    await this.open();
    const missing = this.algorithms.filter((algorithm) => !this.keys.some((key) => key.algorithm === algorithm));
    const first = (algorithm: SigningAlgorithm) => this.generate(algorithm, 1, this.clock.now());
    for (const key of await Promise.all(missing.map(first))) await this.add(key);
    const plain = await this.encryptAgain();
    await this.retired.encryptAgain();
    await this.reload();
    this.reloading ??= setInterval(() => void this.reload().catch(() => {}), reloadMs).unref();
    return plain;
  }

  /** Generates the first key of an algorithm that a client registers. */
  async ensureAlgorithm(algorithm: SigningAlgorithm): Promise<void> {
    if (this.algorithms.includes(algorithm)) return;
    await this.add(await this.generate(algorithm, 1, this.clock.now()));
    await this.reload();
  }

  async hasDemoKeys(): Promise<boolean> {
    return (await this.store.list()).some((key) => key.demo);
  }

  /**
   * Adds a key to each algorithm in use and removes those whose last tokens have expired. New keys are published at once and
   * sign once every verifier has had time to see them; old ones stay published until their tokens have expired. `immediately`,
   * after a key has leaked: the new keys sign at once, and all old ones are removed. `announce` is called with the id of the new
   * key of SIGNING_ALGORITHM before anything changes.
   */
  async rotate(immediately = false, announce: (kid: string) => Promise<void> = async () => {}): Promise<void> {
    await this.reload();
    const now = this.clock.now();
    const retired = this.keys.filter((key) => immediately || this.isRetired(key, now));
    const added: SigningKey[] = [];
    for (const algorithm of this.algorithms) {
      // Of all stored keys, even those that this process may not use.
      const latest = Math.max(
        0,
        ...this.stored.filter((key) => key.algorithm === algorithm).map((key) => key.generation),
      );
      added.push(await this.generate(algorithm, latest + 1, immediately ? now : now + publishBeforeSigningMs));
    }
    await announce(added[0]?.kid ?? '');
    for (const key of added) await this.add(key);
    for (const key of retired) await this.retire(key, now);
    await this.retired.removeBefore(now - (this.config.auditRetentionDays + 1) * dayMs);
    await this.reload();
  }

  /** Signs with the current key of the algorithm. Throws: {@link StoreUnavailableError} before there are keys. */
  signer(algorithm: SigningAlgorithm): TokenSigner {
    const now = this.clock.now();
    const kept = this.signers.get(algorithm);
    if (kept !== undefined && now < kept.until) return kept.signer;
    const ofAlgorithm = this.keys.filter((key) => key.algorithm === algorithm);
    const current = signingKeyOf(ofAlgorithm, now);
    if (current === undefined) throw new StoreUnavailableError('no signing keys yet');
    const signer = tokenSigner(algorithm, current.kid, current.privateJwk);
    const until = Math.min(...ofAlgorithm.map((key) => key.notBefore).filter((from) => from > now), Infinity);
    this.signers.set(algorithm, { signer, until });
    return signer;
  }

  /** The public key that a token's header names, if the header's algorithm is the key's own. */
  async verificationKey({ kid, alg }: JWTHeaderParameters): Promise<CryptoKey | Uint8Array | undefined> {
    const find = () => this.keys.find((each) => each.kid === kid && each.algorithm === alg);
    // Another process may have generated it since. Reloads at most once a second, because anybody can send any kid.
    if (find() === undefined && this.clock.now() - this.reloadedAt > 1_000) await this.reload();
    const key = find();
    return key && this.import(`${key.kid}:public`, key.algorithm, publicJwk(key));
  }

  /** Seals with the current key, for {@link sealed}. Throws: {@link StoreUnavailableError} before there are keys. */
  seal(claims: object): string {
    return this.signer(sealAlgorithm).sign('seal+jwt', claims);
  }

  /**
   * The claims of a seal of this service, whose `time` (milliseconds since the epoch) must be one at which its key was not
   * retired yet; undefined for anything else.
   */
  async sealed(seal: string): Promise<object | undefined> {
    try {
      const [{ alg, typ, kid }, { time }] = [decodeProtectedHeader(seal), decodeJwt<{ time?: unknown }>(seal)];
      if (alg !== sealAlgorithm || typ !== 'seal+jwt' || typeof kid !== 'string' || typeof time !== 'number')
        return undefined;
      const key = (await this.verificationKey({ alg, kid })) ?? (await this.retired.find(kid, time - retiredWithinMs));
      return key && (JSON.parse(Buffer.from((await compactVerify(seal, key)).payload).toString()) as object);
    } catch (error) {
      if (error instanceof StoreUnavailableError) throw error;
      return undefined;
    }
  }

  /** The JWKS: every key that signs, will sign, or signed a token that can still be valid. Source: RFC 7517 §5. */
  publishedKeys(): JSONWebKeySet {
    const now = this.clock.now();
    const keys = this.keys.filter((key) => !this.isRetired(key, now)).map(publicJwk);
    if (keys.length === 0) throw new StoreUnavailableError('no signing keys yet');
    return { keys };
  }

  /** All keys in the store, the newest of each algorithm first. */
  async states(): Promise<PublicKeyState[]> {
    await this.reload();
    return this.known();
  }

  /** As {@link states}, but from the last reload, at most ten seconds ago. */
  known(): PublicKeyState[] {
    const now = this.clock.now();
    const newestFirst = this.keys.toSorted((a, b) => b.generation - a.generation);
    return newestFirst.map((key) => ({
      kid: key.kid,
      alg: key.algorithm,
      state: this.stateOf(key, now),
      not_before: Math.floor(key.notBefore / 1000),
      public_key: publicJwk(key),
    }));
  }

  onApplicationShutdown(): void {
    clearInterval(this.reloading);
  }

  private stateOf(key: SigningKey, now: number): PublicKeyState['state'] {
    const ofAlgorithm = this.keys.filter(({ algorithm }) => algorithm === key.algorithm);
    if (signingKeyOf(ofAlgorithm, now) === key) return 'signing';
    if (key.notBefore > now) return 'upcoming';
    return this.isRetired(key, now) ? 'retired' : 'former';
  }

  /** Skips keys that cannot be decrypted: they belong to a process with other settings, and the others go on signing. */
  private async reload(): Promise<void> {
    await this.read(() => undefined);
  }

  /** Reads the keys and decrypts the new ones. Production never reads demo keys. */
  private async read(undecryptable: (error: UndecryptableKeyError) => undefined): Promise<void> {
    this.reloadedAt = this.clock.now();
    this.stored = await this.store.list();
    const readable = this.stored.filter(({ demo }) => !demo || !this.config.production);
    const opened = await Promise.all(readable.map((key) => this.decrypted(key, undecryptable)));
    this.keys = opened.filter((key) => key !== undefined);
    this.signers.clear();
  }

  private async decrypted(
    { privateJwk: stored, ...key }: StoredSigningKey,
    undecryptable: (error: UndecryptableKeyError) => undefined,
  ): Promise<SigningKey | undefined> {
    const known = this.keys.find(({ kid }) => kid === key.kid);
    if (known !== undefined) return { ...key, privateJwk: known.privateJwk };
    try {
      return { ...key, privateJwk: await this.encryption.decrypt(stored, key.kid) };
    } catch (error) {
      if (error instanceof UndecryptableKeyError) return undecryptable(error);
      throw error;
    }
  }

  private refuse(why: string): never {
    const given = this.config.keyEncryptionKeys.length === 0 ? undefined : '';
    const allowed = `keys that decrypt the signing keys in the store, of which one is ${why}`;
    throw refusedSetting('KEY_ENCRYPTION_KEYS', given, allowed);
  }

  private async retire(key: SigningKey, now: number): Promise<void> {
    if (key.algorithm === sealAlgorithm) await this.retired.add(key.kid, key.privateJwk, now);
    await this.store.remove(key);
  }

  private async add(key: SigningKey): Promise<void> {
    await this.store.add({ ...key, privateJwk: await this.encryption.encrypt(key.privateJwk) });
  }

  /** One key at a time: if it is interrupted, each key is stored as before or under the first key, and both can be decrypted. */
  private async encryptAgain(): Promise<number> {
    let plain = 0;
    for (const stored of this.stored) {
      const key = this.keys.find(({ kid }) => kid === stored.kid);
      if (key === undefined || this.encryption.isCurrent(stored.privateJwk)) continue;
      const privateJwk = await this.encryption.encrypt(key.privateJwk);
      const wasThere = await this.store.replacePrivateJwk({ ...stored, privateJwk });
      if (wasThere && typeof stored.privateJwk !== 'string') plain += 1;
    }
    return plain;
  }

  /** True when the next key has signed for so long that no token of this one is still valid. */
  private isRetired(key: SigningKey, now: number): boolean {
    return this.keys.some(
      (other) =>
        other.algorithm === key.algorithm &&
        other.generation > key.generation &&
        other.notBefore + longestTokenMs < now,
    );
  }

  private async generate(algorithm: SigningAlgorithm, generation: number, notBefore: number): Promise<SigningKey> {
    const privateJwk = await newPrivateKey(algorithm);
    const kid = await calculateJwkThumbprint(privateJwk);
    return { algorithm, generation, kid, privateJwk, notBefore, demo: !this.config.production };
  }

  private import(id: string, algorithm: SigningAlgorithm, jwk: JWK): Promise<CryptoKey | Uint8Array> {
    let key = this.imported.get(id);
    if (key === undefined) {
      key = importJWK(jwk, algorithm);
      this.imported.set(id, key);
    }
    return key;
  }
}

/** The current signing key among those of one algorithm. */
function signingKeyOf(ofAlgorithm: readonly SigningKey[], now: number): SigningKey | undefined {
  const newestFirst = ofAlgorithm.toSorted((a, b) => b.generation - a.generation);
  // The oldest if none has begun: the first key may come from a machine whose clock is ahead.
  return newestFirst.find((key) => key.notBefore <= now) ?? newestFirst.at(-1);
}

/** Public members only, by name: what is not listed cannot leak. Source: RFC 7518 §6. */
function publicJwk({ kid, algorithm, privateJwk }: SigningKey): JWK {
  const members = ['kty', 'crv', 'x', 'y', 'n', 'e'] as const;
  const published = Object.fromEntries(
    members.filter((name) => privateJwk[name]).map((name) => [name, privateJwk[name]]),
  );
  return { ...published, kid, alg: algorithm, use: 'sig' } as JWK;
}
