import * as z from 'zod';
import type { LmdbDatabase } from '../../platform/storage/lmdb-database';
import type { LmdbTable } from '../../platform/storage/lmdb-table';
import { list, record } from '../../platform/storage/record-schema';
import type { AuditLedger, LedgerState } from './audit-ledger';
import type { Head } from './chain';

const headSchema = record({
  space: z.enum(['audit', 'audit_security']),
  chain: z.number(),
  seq: z.number(),
  hash: z.string(),
});
const ledgerSchema = record({ next: z.number(), heads: list(headSchema), seals: z.number() });
const key = 'ledger';

/** Is written in the transactions that write the events. */
export class LmdbAuditLedger implements AuditLedger {
  private readonly table: LmdbTable<z.infer<typeof ledgerSchema>>;

  constructor(private readonly database: LmdbDatabase) {
    this.table = database.table({ name: 'audit_ledger', schema: ledgerSchema });
  }

  /** Inside a write transaction: the first of so many numbers. */
  take(count: number): number {
    const ledger = this.current();
    this.table.put(key, { ...ledger, next: ledger.next + count });
    return ledger.next;
  }

  /** Inside a write transaction: a chain ends there now. */
  goOn(head: Head): void {
    const ledger = this.current();
    const others = ledger.heads.filter(({ chain }) => chain !== head.chain);
    this.table.put(key, { ...ledger, heads: [...others, head] });
  }

  async state(): Promise<LedgerState> {
    this.table.refresh();
    const { next, heads, seals } = this.current();
    return { settled: next - 1, heads, seals };
  }

  async sealed(heads: readonly Head[], number: number): Promise<void> {
    const isSealed = ({ chain, seq }: Head) => heads.some((each) => each.chain === chain && each.seq >= seq);
    await this.database.write(() => {
      const ledger = this.current();
      const left = ledger.heads.filter((head) => !isSealed(head));
      this.table.put(key, { ...ledger, heads: left, seals: Math.max(ledger.seals, number) });
    });
  }

  private current(): z.infer<typeof ledgerSchema> {
    return this.table.get(key) ?? { next: 1, heads: [], seals: 0 };
  }
}
