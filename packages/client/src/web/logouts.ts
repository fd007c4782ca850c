import { membersOf } from '../answer.ts';
import { invalid } from '../jws.ts';
import type { TokenSet } from '../tokens.ts';
import { s256 } from '../web-crypto.ts';
import type { LogoutToken } from './logout-token.ts';
import type { SessionStore } from './session-store.ts';

interface Surroundings {
  readonly store: SessionStore;
  /** The client that is logged out: other applications may share the store. */
  readonly client: string;
  /** Lifetime of a session in seconds: an end is remembered for as long as one of its sessions could last. */
  readonly lifetime: number;
  readonly now: () => number;
}

/**
 * What the issuer has ended, in the store of the sessions. Ended sessions are not searched for: each checks at every read
 * whether it has ended, so that one that is begun or refreshed at that moment ends, too.
 */
export class Logouts {
  constructor(private readonly around: Surroundings) {}

  /** Throws `id_token_invalid` (`jti`) for a used token. Source: OpenID Connect Back-Channel Logout 1.0 §2.6, §2.7. */
  async add({ ends, jti, expiresAt }: LogoutToken): Promise<void> {
    const { store, lifetime, now } = this.around;
    const used = await this.keyOf('jti', jti);
    if (await store.get(used)) throw invalid('jti');
    const [[name, value] = ['', '']] = Object.entries(ends);
    await store.set(await this.keyOf(name, value), String(now()), lifetime);
    // Last: if the store failed before, the issuer's repeated token is accepted.
    await store.set(used, '1', Math.ceil(expiresAt - now() / 1000));
  }

  /** Whether a session with these stored tokens has ended. `begunAt` in milliseconds. */
  async include(tokens: string, begunAt: number): Promise<boolean> {
    const { claims } = (membersOf(tokens) ?? {}) as Partial<TokenSet>;
    if (claims === undefined) return false;
    const names = (['sid', 'sub'] as const).filter((name) => claims[name] !== undefined);
    const times = names.map(async (name) => this.around.store.get(await this.keyOf(name, String(claims[name]))));
    return (await Promise.all(times)).some((time) => begunAt <= Number(time ?? -1));
  }

  /** A kind of its own, so that starting thousands of logins evicts none of these. */
  private async keyOf(name: string, value: string): Promise<string> {
    return `logout.${await s256(crypto, JSON.stringify([this.around.client, name, value]))}`;
  }
}
