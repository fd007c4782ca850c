import type { LmdbTable } from './lmdb-table';
import { keyIn, type RecordType, type TableType } from './record-schema';
import { demoName, KeyTakenError, namesIn, Records, type RecordsOptions, type Sought } from './records';

const batch = 500;

/** What LmdbDatabase does for its records. */
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

  async find(sought: Sought): Promise<Value | undefined> {
    this.table.refresh();
    return this.read(sought);
  }

  /** The index alone answers, unless some of what it finds may be hidden. */
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
      const read = this.table.pageFresh(limit, last);
      values.push(...read.filter((value) => this.isShown(value)));
      const [lastRead] = read.slice(-1);
      if (values.length >= limit || read.length < limit || lastRead === undefined) return values.slice(0, limit);
      last = keyIn(this.type, lastRead);
    }
  }

  async listNamed(name: string, limit: number): Promise<Value[]> {
    this.table.refresh();
    return this.table.named(name, limit).filter((value) => this.isShown(value));
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

  async change(sought: Sought, change: (value: Value) => Value): Promise<Value | undefined> {
    return this.database.write(() => {
      const value = this.read(sought);
      if (value === undefined) return undefined;
      const changed = change(value);
      const [before, after] = [keyIn(this.type, value), keyIn(this.type, changed)];
      if (after !== before && this.table.has(after)) throw new KeyTakenError();
      this.table.put(after, changed);
      if (after !== before) this.table.remove(before);
      return changed;
    });
  }

  async remove(sought: Sought): Promise<void> {
    await this.database.write(() => {
      const value = sought.name === undefined ? undefined : this.table.named(sought.name, 1)[0];
      if (sought.name === undefined) this.table.remove(sought.key);
      else if (value !== undefined) this.table.remove(keyIn(this.type, value));
    });
  }

  async removeNamed(name: string): Promise<void> {
    for (let keys = this.table.keysNamedFresh(name, batch); keys.length > 0;) {
      await this.database.write(() => keys.forEach((key) => this.table.remove(key)));
      // On from there: of a record that does not fit its schema nobody knows the names, and it would be found for ever.
      keys = this.table.keysNamedFresh(name, batch, keys.at(-1));
    }
  }

  private read(sought: Sought): Value | undefined {
    const value = sought.name === undefined ? this.table.get(sought.key) : this.table.named(sought.name, 1)[0];
    return value !== undefined && this.isShown(value) ? value : undefined;
  }

  private isShown(value: Value): boolean {
    return this.options.hidesDemo !== true || !('demo' in value && value.demo === true);
  }
}
