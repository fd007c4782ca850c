import { type DynamicModule, Injectable } from '@nestjs/common';
import { InjectModel, MongooseModule, Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { type Model, Schema as MongooseSchema } from 'mongoose';
import type { LoginModel } from '../../domain/identity/authentication';
import { answered, isDuplicateKey } from '../../platform/storage/mongo-answered';
import type { Run, RunEvent } from './run';
import { RunStore, searched } from './run-store';

@Schema({ collection: 'comparison_runs', versionKey: false, minimize: false })
export class RunRecord {
  @Prop({ type: String, required: true }) _id!: string;
  @Prop({ type: [String], required: true }) models!: LoginModel[];
  @Prop({ type: Boolean, required: true }) attacks!: boolean;
  @Prop({ type: Date, required: true }) createdAt!: Date;
  @Prop({ type: Date, required: true }) expiresAt!: Date;
  @Prop({ type: Date, required: true }) deadline!: Date;
  @Prop({ type: [MongooseSchema.Types.Mixed], required: true }) events!: RunEvent[];
}

/** One of the slots that runs under way share. */
@Schema({ collection: 'comparison_places', versionKey: false })
export class SlotRecord {
  @Prop({ type: String, required: true }) _id!: string;
  @Prop({ type: String, required: true }) runId!: string;
  @Prop({ type: Date, required: true }) expiresAt!: Date;
}

const byExpiry = [{ expiresAt: 1 }, { expireAfterSeconds: 0 }] as const;
const runSchema = SchemaFactory.createForClass(RunRecord)
  .index(...byExpiry)
  .index({ createdAt: -1 });
const slotSchema = SchemaFactory.createForClass(SlotRecord).index(...byExpiry);

/** The models that the adapter asks for; their indexes are made with those of the connection. */
export function mongoRunModels(): DynamicModule {
  return MongooseModule.forFeature([
    { name: RunRecord.name, schema: runSchema },
    { name: SlotRecord.name, schema: slotSchema },
  ]);
}

/** Keeps runs in MongoDB; a slot is taken by one upsert that only a free one lets pass. */
@Injectable()
export class MongoRunStore extends RunStore {
  constructor(
    @InjectModel(RunRecord.name) private readonly runs: Model<RunRecord>,
    @InjectModel(SlotRecord.name) private readonly slots: Model<SlotRecord>,
  ) {
    super();
  }

  async begin(run: Run, atOnce: number): Promise<boolean> {
    for (let index = 0; index < atOnce; index += 1) {
      if (!(await this.takes(`place:${index}`, run))) continue;
      await answered(() => this.runs.create([toRecord(run)]));
      return true;
    }
    return false;
  }

  async append(id: string, event: RunEvent): Promise<void> {
    await answered(() => this.runs.updateOne({ _id: id }, { $push: { events: event } }));
  }

  async end(id: string): Promise<void> {
    await answered(() => this.slots.deleteMany({ runId: id }));
  }

  async find(id: string, now: number): Promise<Run | undefined> {
    const predicate = { _id: id, expiresAt: { $gt: new Date(now) } };
    const record = await answered(() => this.runs.findOne(predicate).lean());
    return record === null ? undefined : fromRecord(record);
  }

  async newest(now: number, isWanted: (run: Run) => boolean): Promise<Run | undefined> {
    const predicate = { expiresAt: { $gt: new Date(now) } };
    const records = await answered(() => this.runs.find(predicate).sort({ createdAt: -1 }).limit(searched).lean());
    return records.map(fromRecord).find((run) => isWanted(run));
  }

  /** A slot that is taken does not match, so the upsert tries to insert it again and meets its id. */
  private async takes(slot: string, run: Run): Promise<boolean> {
    const free = { _id: slot, expiresAt: { $lte: new Date(run.createdAt) } };
    const change = { $set: { runId: run.id, expiresAt: new Date(run.deadline) } };
    try {
      await answered(() => this.slots.updateOne(free, change, { upsert: true }));
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }
}

function toRecord({ id, models, events, createdAt, expiresAt, deadline, attacks }: Run): RunRecord {
  return {
    _id: id,
    models: [...models],
    attacks,
    createdAt: new Date(createdAt),
    expiresAt: new Date(expiresAt),
    deadline: new Date(deadline),
    events: [...events],
  };
}

function fromRecord({ _id, createdAt, expiresAt, deadline, ...fields }: RunRecord): Run {
  return {
    ...fields,
    id: _id,
    createdAt: createdAt.getTime(),
    expiresAt: expiresAt.getTime(),
    deadline: deadline.getTime(),
  };
}
