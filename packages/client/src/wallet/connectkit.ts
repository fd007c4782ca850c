import { settledState, type WalletSession } from './wallet-session.ts';

/** What ConnectKit's `SIWEProvider` takes. Source: github.com/family/connectkit, SIWEConfig. */
export interface ConnectKitSiwe {
  readonly getNonce: () => Promise<string>;
  readonly createMessage: (args: { nonce: string; address: string; chainId: number }) => Promise<string>;
  readonly verifyMessage: (args: { message: string; signature: string }) => Promise<boolean>;
  readonly getSession: () => Promise<{ address: `0x${string}`; chainId: number } | null>;
  readonly signOut: () => Promise<boolean>;
}

/**
 * The functions of ConnectKit's `SIWEProvider`. Its `useSIWE` shows that a login failed, and not why: that is the `error` of the
 * session's `getSnapshot`.
 */
export function connectKitSiwe(session: WalletSession): ConnectKitSiwe {
  return {
    // ConnectKit asks before it knows for whom; the nonce here belongs to an address, and comes with the message.
    getNonce: async () => 'with-the-message',
    createMessage: async ({ address, chainId }) => (await session.challenge({ address, chainId })).message,
    verifyMessage: ({ message, signature }) =>
      session.verify({ message, signature }).then(
        () => true,
        () => false,
      ),
    async getSession() {
      const { tokens } = await settledState(session);
      if (tokens === undefined) return null;
      return { address: tokens.address as `0x${string}`, chainId: tokens.chainId };
    },
    signOut: () => session.signOut().then(() => true),
  };
}
