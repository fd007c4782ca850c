import type { Client } from '../clients/client';
import { algorithmFor } from '../clients/fapi2';
import type { TokenSigner } from './jws';
import type { KeyRing } from './key-ring';

/** Signs tokens for the client itself: ID tokens and logout tokens. Source: OpenID Connect Back-Channel Logout 1.0 §2.4. */
export function idTokenSigner(keys: Pick<KeyRing, 'algorithms' | 'signer'>, client: Client): TokenSigner {
  // A client whose registered algorithm is not in use any more gets the one that every client must accept.
  const inUse = keys.algorithms.includes(client.idTokenAlgorithm);
  return keys.signer(algorithmFor(client, inUse ? client.idTokenAlgorithm : 'RS256'));
}
