import * as z from 'zod';
import { record, type RecordType } from '../../platform/storage/record-schema';
import type { RecordDatabase, Records } from '../../platform/storage/records';

const key = 'rp_id';

const keptRpIdSchema = record({
  id: z.literal(key),
  rpId: z.string(),
});

type KeptRpId = z.infer<typeof keptRpIdSchema>;

/** One record at most. */
export const keptRpIdRecords: RecordType<KeptRpId> = { name: 'rp_ids', schema: keptRpIdSchema, key: 'id' };

/** The RP ID that the passkeys of a store are bound to: with another one each of them is worth nothing. */
export class RpIdStore {
  private readonly kept: Records<KeptRpId>;

  constructor(database: RecordDatabase) {
    this.kept = database.records(keptRpIdRecords);
  }

  /** Undefined before the first passkey. */
  async find(): Promise<string | undefined> {
    return (await this.kept.find({ key }))?.rpId;
  }

  /** Keeps it with the first passkey; false when the store has another one. Of several concurrent first ones one decides. */
  async keep(rpId: string): Promise<boolean> {
    const kept = (await this.find()) ?? ((await this.kept.add({ id: key, rpId })) ? rpId : await this.find());
    return kept === rpId;
  }
}
