import type { Client } from '../clients/client';
import { algorithmFor } from '../clients/fapi2';
import type { TokenSigner } from './jws';
import type { KeyRing } from './key-ring';

/** Signs what is for a client itself: its ID tokens and logout tokens. Source: OpenID Connect Back-Channel Logout 1.0 §2.4. */
export function idTokenSigner(keys: Pick<KeyRing, 'algorithms' | 'signer'>, client: Client): TokenSigner {
  // A client that registered an algorithm which is no longer in use gets the one that every client must take.
  const inUse = keys.algorithms.includes(client.idTokenAlgorithm);
  return keys.signer(algorithmFor(client, inUse ? client.idTokenAlgorithm : 'RS256'));
}
