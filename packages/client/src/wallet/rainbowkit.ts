import { signInSteps } from './sign-in-steps.ts';
import type { WalletSession } from './wallet-session.ts';

/**
 * The argument of RainbowKit's `createAuthenticationAdapter`, with messages as text. Source: github.com/rainbow-me/rainbowkit,
 * AuthenticationAdapter.
 */
export interface RainbowKitAuthentication {
  readonly getNonce: () => Promise<string>;
  readonly createMessage: (args: { nonce: string; address: string; chainId: number }) => Promise<string>;
  readonly verify: (args: { message: string; signature: string }) => Promise<boolean>;
  readonly signOut: () => Promise<void>;
}

/**
 * For `createAuthenticationAdapter`. RainbowKit shows that a login failed, but not why: see the `error` of the session's
 * `getSnapshot`. Its `status` is that of RainbowKitAuthenticationProvider.
 */
export function rainbowKitAuthentication(session: WalletSession): RainbowKitAuthentication {
  return { ...signInSteps(session), signOut: session.signOut };
}
