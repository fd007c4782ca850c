import type { WalletSession } from './wallet-session.ts';

/** The steps of a login that RainbowKit and ConnectKit call alike. */
export function signInSteps(session: WalletSession) {
  return {
    // They ask before they know for whom; the nonce here belongs to an address, and comes with the message.
    getNonce: async () => 'with-the-message',
    createMessage: async ({ address, chainId }: { address: string; chainId: number }) =>
      (await session.challenge({ address, chainId })).message,
    /** Whether it succeeded; why not is the `error` of the session's `getSnapshot`. */
    verify: ({ message, signature }: { message: string; signature: string }) =>
      session.verify({ message, signature }).then(
        () => true,
        () => false,
      ),
  };
}
