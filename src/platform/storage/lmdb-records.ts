import type { LmdbTable } from './lmdb-table';
import { keyIn, type RecordType, type TableType } from './record-schema';
import { demoName, KeyTakenError, namesIn, Records, type RecordsOptions, type RecordRef } from './records';

const batch = 500;

/** The part of LmdbDatabase that its records need. */
interface Database {
  table<Value extends object>(type: TableType<Value>): LmdbTable<Value>;
  write<Result>(work: () => Result): Promise<Result>;
}

/** Each change is one write transaction. */
export class LmdbRecords<Value extends object> extends Records<Value> {
  private readonly table: LmdbTable<Value>;

  constructor(
    private readonly database: Database,
    private readonly type: RecordType<Value>,
    private readonly options: RecordsOptions = {},
  ) {
    super();
    this.table = database.table({ ...type, namesOf: (value: Value) => namesIn(type, value) });
  }

  async find(ref: RecordRef): Promise<Value | undefined> {
    this.table.refresh();
    return this.read(ref);
  }

  async findSuccessor(key: string): Promise<Value | undefined> {
    return this.find({ key });
  }

  /** The index alone decides, unless records may be hidden. */
  async has(name: string): Promise<boolean> {
    if (!this.table.isIndexedFresh(name)) return false;
    if (this.options.hidesDemo !== true || !this.table.isIndexedFresh(demoName)) return true;
    return this.table.named(name).some((value) => this.isShown(value));
  }

  async hasDemo(): Promise<boolean> {
    return this.table.isIndexedFresh(demoName);
  }

  async list(prefix?: string): Promise<Value[]> {
    return this.table.valuesFresh(prefix).filter((value) => this.isShown(value));
  }

  async page(limit: number, after?: string): Promise<Value[]> {
    const values: Value[] = [];
    for (let last = after; ;) {
      const read = this.table.entriesFresh(limit, last);
      values.push(...read.map(({ value }) => value).filter((value) => this.isShown(value)));
      last = read.at(-1)?.key;
      if (values.length >= limit || read.length < limit || last === undefined) return values.slice(0, limit);
    }
  }

  async listNamed(name: string, limit: number, after?: string): Promise<Value[]> {
    this.table.refresh();
    return this.table.named(name, limit, after).filter((value) => this.isShown(value));
  }

  async add(value: Value): Promise<boolean> {
    const key = keyIn(this.type, value);
    return this.database.write(() => {
      if (this.table.has(key)) return false;
      this.table.put(key, value);
      return true;
    });
  }

  async save(value: Value): Promise<void> {
    await this.database.write(() => this.table.put(keyIn(this.type, value), value));
  }

  async change(ref: RecordRef, change: (value: Value) => Value | undefined): Promise<Value | undefined> {
    return this.database.write(() => {
      const value = this.read(ref);
      const changed = value && change(value);
      if (value === undefined || changed === undefined) return undefined;
      const [before, after] = [keyIn(this.type, value), keyIn(this.type, changed)];
      if (after === before) {
        this.table.replace(after, value, changed);
        return changed;
      }
      if (this.table.has(after)) throw new KeyTakenError();
      this.table.put(after, changed);
      this.table.remove(before);
      return changed;
    });
  }

  async remove(ref: RecordRef, check?: (value: Value) => void): Promise<boolean> {
    return this.database.write(() => {
      const value = this.stored(ref);
      if (value !== undefined) check?.(value);
      const key = ref.name === undefined ? ref.key : value && keyIn(this.type, value);
      return key !== undefined && this.table.remove(key);
    });
  }

  async removeNamed(name: string): Promise<void> {
    for (let keys = this.table.keysNamedFresh(name, batch); keys.length > 0;) {
      await this.database.write(() => keys.forEach((key) => this.table.remove(key)));
      // Continues after the last key: a record that does not fit its schema has no known names, and would be found for ever.
      keys = this.table.keysNamedFresh(name, batch, keys.at(-1));
    }
  }

  private read(ref: RecordRef): Value | undefined {
    const value = this.stored(ref);
    return value !== undefined && this.isShown(value) ? value : undefined;
  }

  private stored(ref: RecordRef): Value | undefined {
    return ref.name === undefined ? this.table.get(ref.key) : this.table.named(ref.name, 1)[0];
  }

  private isShown(value: Value): boolean {
    return this.options.hidesDemo !== true || !('demo' in value && value.demo === true);
  }
}
