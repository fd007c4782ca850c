import type { WalletSession } from './wallet-session.ts';

/** What RainbowKit's `createAuthenticationAdapter` takes, with messages as text. Source: github.com/rainbow-me/rainbowkit, AuthenticationAdapter. */
export interface RainbowKitAuthentication {
  readonly getNonce: () => Promise<string>;
  readonly createMessage: (args: { nonce: string; address: string; chainId: number }) => Promise<string>;
  readonly verify: (args: { message: string; signature: string }) => Promise<boolean>;
  readonly signOut: () => Promise<void>;
}

/**
 * For `createAuthenticationAdapter`. RainbowKit shows that a login failed, and not why: that is the `error` of the session's
 * `getSnapshot`. Its `status` is that of RainbowKitAuthenticationProvider.
 */
export function rainbowKitAuthentication(session: WalletSession): RainbowKitAuthentication {
  return {
    // RainbowKit asks before it knows for whom; the nonce here belongs to an address, and comes with the message.
    getNonce: async () => 'with-the-message',
    createMessage: async ({ address, chainId }) => (await session.challenge({ address, chainId })).message,
    verify: ({ message, signature }) =>
      session.verify({ message, signature }).then(
        () => true,
        () => false,
      ),
    signOut: session.signOut,
  };
}
