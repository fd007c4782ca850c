import type { mongo } from 'mongoose';
import type { CopiedParts } from '../../platform/storage/mongo-copy';
import { withStoreErrors } from '../../platform/storage/mongo-operation';
import { emptyLedger, ledgerName, type LedgerRecord } from './mongo-audit-ledger';

/** What a copy has of the trail: that of one moment, whatever is written and sealed while it is made. */
export async function copiedAudit(db: mongo.Db): Promise<CopiedParts> {
  const found = await withStoreErrors(() => db.collection<LedgerRecord>(ledgerName).findOne({}));
  const ledger = found ?? emptyLedger;
  const pending = ledger.pending.map(({ from, count }) => ({ seq: { $gte: from, $lt: from + count } }));
  const written = { seq: { $lt: ledger.next }, ...(pending.length > 0 && { $nor: pending }) };
  return new Map([
    ['audit_events', { filter: written }],
    ['audit_security_events', { filter: written }],
    ['audit_seals', { filter: { number: { $lte: ledger.seals } } }],
    [ledgerName, { records: [{ ...ledger, pending: [] }] }],
  ]);
}
