/** Base Account, whose window connects and signs in one go. The client has `wallet_message: wallet`. */
import { createBaseAccountSDK } from '@base-org/account';
import { signInWithBaseAccount } from '@tessera/client/wallet/base-account';
import { session } from '../src/tessera';
import { button, showSession } from './page';

const sdk = createBaseAccountSDK({
  appName: 'Example dApp',
  appChainIds: [8453],
  // A dApp leaves walletUrl out: the window is that of Base then.
  preference: { telemetry: false, walletUrl: new URL('/base-account-window', location.origin).href },
});

showSession();
button('Log in', () => signInWithBaseAccount(session, sdk));
