import type { RecordDatabase, Records } from '../../platform/storage/records';
import { sealKey, type SealRecord, sealRecords } from './audit-seal';

const atOnce = 100;

/** The seals of the trail as they are stored. Every method rejects with StoreUnavailableError when the database does not answer. */
export class SealStore {
  private readonly records: Records<SealRecord>;

  constructor(database: RecordDatabase) {
    this.records = database.records(sealRecords);
  }

  /** False when its number is taken. */
  async add(record: SealRecord): Promise<boolean> {
    return this.records.add(record);
  }

  /** Those behind a number, ascending. */
  async *after(number: number): AsyncGenerator<SealRecord, void, undefined> {
    for (let last = number; ;) {
      const page = await this.records.page(atOnce, sealKey(last));
      yield* page;
      const next = page.at(-1)?.number;
      // Whoever has changed a number must not make this endless.
      if (page.length < atOnce || next === undefined || next <= last) return;
      last = next;
    }
  }

  async remove(number: number): Promise<void> {
    await this.records.remove({ key: sealKey(number) });
  }
}
