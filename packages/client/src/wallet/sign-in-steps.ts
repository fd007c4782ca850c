import type { WalletSession } from './wallet-session.ts';

/** The login steps that RainbowKit and ConnectKit share. */
export function signInSteps(session: WalletSession) {
  return {
    // They ask before they know the account; a nonce here is bound to an address, and comes with the message.
    getNonce: async () => 'with-the-message',
    createMessage: async ({ address, chainId }: { address: string; chainId: number }) =>
      (await session.challenge({ address, chainId })).message,
    /** Whether it succeeded; the reason of a failure is the `error` of the session's `getSnapshot`. */
    verify: ({ message, signature }: { message: string; signature: string }) =>
      session.verify({ message, signature }).then(
        () => true,
        () => false,
      ),
  };
}
