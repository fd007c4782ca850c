import { ClientStore } from '../../../src/domain/clients/client-store';
import { createLogger } from '../../../src/platform/logger';
import { LogoutNotices } from '../../../src/protocols/login/logout-notices';
import { Outbound } from '../../../src/platform/outbound/outbound';
import { KeyRing } from '../../../src/domain/tokens/key-ring';
import { SigningKeyStore } from '../../../src/domain/tokens/signing-key-store';
import type { OpenStores } from '../stores/open-stores';

/** Tells the clients of a store that sessions have ended, without the service. */
export function logoutNotices(stores: OpenStores): LogoutNotices {
  const { config, clock } = stores;
  const keys = new KeyRing(config, clock, stores.get(SigningKeyStore));
  const logger = createLogger({ write: () => undefined });
  return new LogoutNotices(config, logger, clock, stores.get(ClientStore), keys, stores.get(Outbound));
}
