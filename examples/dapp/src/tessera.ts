import { createClient, dpop, sharedStorage } from '@tessera/client';
import { createWalletLogin, createWalletSession } from '@tessera/client/wallet';

const options = {
  issuer: ISSUER,
  clientId: CLIENT_ID,
  scope: 'openid offline_access',
  // The tokens are worth nothing without a key that cannot be taken out of this browser.
  dpop: dpop(),
};

/** A reload finds them; the tabs of this origin share them. */
const tokens = sharedStorage({ storage: sessionStorage, onChange: () => session.sync() });

/** Calls APIs, and refreshes the tokens. */
export const client = createClient({ ...options, tokens });

/** Who is logged in, and why the last login failed. */
export const session = createWalletSession(createWalletLogin(options), { client });
