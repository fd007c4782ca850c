import { signInSteps } from './sign-in-steps.ts';
import { settledState, type WalletSession } from './wallet-session.ts';

/** The configuration of ConnectKit's `SIWEProvider`. Source: github.com/family/connectkit, SIWEConfig. */
export interface ConnectKitSiwe {
  readonly getNonce: () => Promise<string>;
  readonly createMessage: (args: { nonce: string; address: string; chainId: number }) => Promise<string>;
  readonly verifyMessage: (args: { message: string; signature: string }) => Promise<boolean>;
  readonly getSession: () => Promise<{ address: `0x${string}`; chainId: number } | null>;
  readonly signOut: () => Promise<boolean>;
}

/**
 * The functions for ConnectKit's `SIWEProvider`. Its `useSIWE` shows that a login failed, but not why: see the `error` of the
 * session's `getSnapshot`.
 */
export function connectKitSiwe(session: WalletSession): ConnectKitSiwe {
  const { getNonce, createMessage, verify } = signInSteps(session);
  return {
    getNonce,
    createMessage,
    verifyMessage: verify,
    async getSession() {
      const { tokens } = await settledState(session);
      if (tokens === undefined) return null;
      return { address: tokens.address as `0x${string}`, chainId: tokens.chainId };
    },
    signOut: () => session.signOut().then(() => true),
  };
}
