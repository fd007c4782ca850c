import { AuditSeals } from '../../../src/operations/audit/audit-seals';
import { AuditStore } from '../../../src/operations/audit/audit-store';
import { AuditTrail } from '../../../src/operations/audit/audit-trail';
import { AuditUpkeep } from '../../../src/operations/audit/audit-upkeep';
import { AuditVerification } from '../../../src/operations/audit/audit-verification';
import { SealStore } from '../../../src/operations/audit/seal-store';
import { SignedSeals } from '../../../src/operations/audit/signed-seals';
import { KeyRing } from '../../../src/domain/tokens/key-ring';
import { SigningKeyStore } from '../../../src/domain/tokens/signing-key-store';
import { createLogger } from '../../../src/platform/logger';
import type { OpenStores } from './open-stores';

/** What one process has of the audit trail, on its stores. */
export function auditParts({ config, clock, get }: OpenStores, log: (line: string) => void = () => {}) {
  const logger = createLogger({ write: log });
  const store = get(AuditStore);
  const keys = new KeyRing(config, clock, get(SigningKeyStore));
  const signed = new SignedSeals(get(SealStore), keys);
  const seals = new AuditSeals(store, signed, clock);
  const trail = new AuditTrail(logger, clock, store, seals);
  const upkeep = new AuditUpkeep(config, logger, clock, store, seals);
  const verification = new AuditVerification(trail, store, signed, seals);
  return { keys, seals, store, trail, upkeep, verification };
}

export type AuditParts = ReturnType<typeof auditParts>;
