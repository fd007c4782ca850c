import { membersOf } from '../answer.ts';
import { processLocks } from '../locks.ts';
import type { ClientStorage } from '../storage.ts';
import { isSameAccount } from './wallet-account.ts';
import { walletError } from './wallet-error.ts';
import type { AccountOfWallet, WalletChallenge } from './wallet-message.ts';

/** A nonce, and the verifier for its signature. */
export interface PendingChallenge {
  readonly nonce: string;
  /** Undefined when the wallet writes the message. */
  readonly challenge?: WalletChallenge;
  readonly codeVerifier?: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Limits the stored verifiers, however many messages a page requests. */
const challengesAtMost = 20;
/** Milliseconds that a message of an earlier page has left at least: its signature takes a while. */
const resumableMs = 60_000;

/** Where they are stored, in one value. */
interface Surroundings {
  readonly storage: ClientStorage;
  readonly key: string;
  readonly now: () => number;
}

/** Challenges that wait for their signature: each can be taken once, until it expires. */
export function pendingChallenges({ storage, key, now }: Surroundings) {
  /** Nonces of this page. */
  const own = new Set<string>();
  const live = async (): Promise<readonly PendingChallenge[]> => {
    // Anything else in the storage is no challenge.
    const { list } = (membersOf((await storage.get(key)) ?? '') ?? {}) as { readonly list?: PendingChallenge[] };
    return (list ?? []).filter(({ expiresAt }) => expiresAt > now());
  };
  const write = async (list: readonly PendingChallenge[]) => {
    if (list.length === 0) await storage.remove(key);
    else await storage.set(key, JSON.stringify({ list }));
  };
  const locked = <Result>(work: () => Promise<Result>) => processLocks.request(`tessera ${key}`, work);
  return {
    add: (pending: PendingChallenge): Promise<void> =>
      locked(async () => {
        own.add(pending.nonce);
        await write([...(await live()).slice(1 - challengesAtMost), pending]);
      }),
    /** Removes it, so that two concurrent calls cannot both send its verifier. Throws `challenge_not_asked`. */
    take: (nonce: string): Promise<PendingChallenge> =>
      locked(async () => {
        const all = await live();
        const taken = all.find((each) => each.nonce === nonce);
        if (taken === undefined) throw walletError('challenge_not_asked');
        own.delete(nonce);
        await write(all.filter((each) => each !== taken));
        return taken;
      }),
    /** The newest message. */
    newest: async (): Promise<WalletChallenge | undefined> =>
      (await live()).findLast(({ challenge }) => challenge !== undefined)?.challenge,
    /** The newest message for this account that an earlier page of this tab asked for. */
    ofEarlierPage: async ({ address, chainId }: AccountOfWallet): Promise<WalletChallenge | undefined> =>
      (await live()).findLast(
        ({ nonce, challenge, expiresAt }) =>
          !own.has(nonce) &&
          expiresAt > now() + resumableMs &&
          challenge !== undefined &&
          isSameAccount(address, challenge.address) &&
          (chainId === undefined || chainId === challenge.chainId),
      )?.challenge,
  };
}
