import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import {
  calculateJwkThumbprint,
  type CryptoKey,
  importJWK,
  type JWK,
  type JSONWebKeySet,
  type JWTHeaderParameters,
} from 'jose';
import { Clock } from '../clock';
import { CONFIG, type Config, type SigningAlgorithm } from '../config';
import { StoreUnavailableError } from '../storage/store-unavailable.error';
import { type SigningKey, SigningKeyStore } from './signing-key-store';
import { type TokenSigner, tokenSigner } from './jws';
import { idTokenLifetime } from './lifetimes';
import { newPrivateKey } from './private-key';

const reloadMs = 10_000;
/** A verifier may hold the JWKS for this long (see its Cache-Control), so that no token comes from a key it has not seen. */
export const jwksMaxAgeSeconds = 60;
/** How long a new key is published before it signs: longer than a JWKS is cached and than any process reloads. */
const publishBeforeSigningMs = jwksMaxAgeSeconds * 1000 + 2 * reloadMs;

/**
 * The signing keys of the service. They live in the store, so that all processes sign and publish the same ones; each
 * process reads them again every ten seconds.
 */
@Injectable()
export class KeyRing implements OnApplicationShutdown {
  private keys: readonly SigningKey[] = [];
  private reloadedAt = 0;
  private readonly imported = new Map<string, Promise<CryptoKey | Uint8Array>>();
  private readonly signers = new Map<SigningAlgorithm, { readonly signer: TokenSigner; readonly until: number }>();
  private reloading: NodeJS.Timeout | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly store: SigningKeyStore,
  ) {}

  /** The algorithms in use: the configured one, and RS256. Source: OpenID Connect Discovery §3. */
  get algorithms(): SigningAlgorithm[] {
    return [...new Set<SigningAlgorithm>([this.config.signingAlgorithm, 'RS256'])];
  }

  /** Reads the keys, and makes the first of each algorithm in use; of several first starts at once, one makes it. */
  async ensure(): Promise<void> {
    await this.reload();
    const missing = this.algorithms.filter((algorithm) => !this.keys.some((key) => key.algorithm === algorithm));
    const first = (algorithm: SigningAlgorithm) => this.generate(algorithm, 1, this.clock.now());
    for (const key of await Promise.all(missing.map(first))) await this.store.add(key);
    await this.reload();
    this.reloading ??= setInterval(() => void this.reload().catch(() => {}), reloadMs).unref();
  }

  async hasDemoKeys(): Promise<boolean> {
    return (await this.store.list()).some((key) => key.demo);
  }

  /**
   * Adds a key to each algorithm in use and removes what nothing can have been signed with any more. The new keys are
   * published at once and sign after every verifier has had time to see them; the old ones stay published until what
   * they signed has expired. `immediately`, after a key has leaked: the new keys sign at once, and all old ones go.
   */
  async rotate(immediately = false): Promise<void> {
    await this.reload();
    const now = this.clock.now();
    const retired = this.keys.filter((key) => immediately || this.isRetired(key, now));
    for (const algorithm of this.algorithms) {
      const latest = Math.max(
        0,
        ...this.keys.filter((key) => key.algorithm === algorithm).map((key) => key.generation),
      );
      await this.store.add(
        await this.generate(algorithm, latest + 1, immediately ? now : now + publishBeforeSigningMs),
      );
    }
    for (const key of retired) await this.store.remove(key);
    await this.reload();
  }

  /** Signs with the key of the algorithm that signs now. Throws: {@link StoreUnavailableError} before there are keys. */
  signer(algorithm: SigningAlgorithm): TokenSigner {
    const now = this.clock.now();
    const kept = this.signers.get(algorithm);
    if (kept !== undefined && now < kept.until) return kept.signer;
    const ofAlgorithm = this.keys.filter((key) => key.algorithm === algorithm);
    const newestFirst = ofAlgorithm.toSorted((a, b) => b.generation - a.generation);
    // The oldest where none has begun: the first key of another machine, whose clock is ahead.
    const current = newestFirst.find((key) => key.notBefore <= now) ?? newestFirst.at(-1);
    if (current === undefined) throw new StoreUnavailableError('no signing keys yet');
    const signer = tokenSigner(algorithm, current.kid, current.privateJwk);
    const until = Math.min(...ofAlgorithm.map((key) => key.notBefore).filter((from) => from > now), Infinity);
    this.signers.set(algorithm, { signer, until });
    return signer;
  }

  /** The public key that a token's header names, unless the header names another algorithm than the key's own. */
  async verificationKey({ kid, alg }: JWTHeaderParameters): Promise<CryptoKey | Uint8Array | undefined> {
    const find = () => this.keys.find((each) => each.kid === kid && each.algorithm === alg);
    // Another process may have made it since; asked at most once a second, because anybody can send any kid.
    if (find() === undefined && this.clock.now() - this.reloadedAt > 1_000) await this.reload();
    const key = find();
    return key && this.import(`${key.kid}:public`, key.algorithm, publicJwk(key));
  }

  /** The JWKS: every key that signs, will sign, or signed something that can still be valid. Source: RFC 7517 §5. */
  publishedKeys(): JSONWebKeySet {
    const now = this.clock.now();
    const keys = this.keys.filter((key) => !this.isRetired(key, now)).map(publicJwk);
    if (keys.length === 0) throw new StoreUnavailableError('no signing keys yet');
    return { keys };
  }

  onApplicationShutdown(): void {
    clearInterval(this.reloading);
  }

  private async reload(): Promise<void> {
    this.reloadedAt = this.clock.now();
    this.keys = await this.store.list();
    this.signers.clear();
  }

  /** True when the next key has signed for so long that nothing of this one is still valid. */
  private isRetired(key: SigningKey, now: number): boolean {
    const longestLifetimeMs = Math.max(this.config.accessTokenTtl, idTokenLifetime) * 1000 + 2 * reloadMs;
    return this.keys.some(
      (other) =>
        other.algorithm === key.algorithm &&
        other.generation > key.generation &&
        other.notBefore + longestLifetimeMs < now,
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

/** Only the public members, by name: what is not listed cannot leak. Source: RFC 7518 §6. */
function publicJwk({ kid, algorithm, privateJwk }: SigningKey): JWK {
  const members = ['kty', 'crv', 'x', 'y', 'n', 'e'] as const;
  const published = Object.fromEntries(
    members.filter((name) => privateJwk[name]).map((name) => [name, privateJwk[name]]),
  );
  return { ...published, kid, alg: algorithm, use: 'sig' } as JWK;
}
