import * as z from 'zod';

const collection = z.object({ count: z.number(), records: z.array(z.record(z.string(), z.unknown())) });
const stateSchema = z.object({ store: z.string() }).catchall(z.union([collection, z.string()]));

/** The store's contents by `/debug/state`, and their changes since the last look; empty in production, which has no such endpoint. */
export class StoreView {
  private known = new Map<string, string>();

  constructor(
    private readonly url: string,
    private readonly print: (line: string) => void,
  ) {}

  /** Prints the number of records of each kind. */
  async before(): Promise<void> {
    const records = await this.read();
    if (records === undefined) return;
    this.print(`  store before: ${counted(records)}`);
    this.known = records;
  }

  /** Prints the records added and removed since the last look. */
  async after(): Promise<void> {
    const records = await this.read();
    if (records === undefined) return;
    this.print(`  store after: ${counted(records)}`);
    for (const [id, text] of records) if (!this.known.has(id)) this.print(`      + ${text}`);
    for (const [id, text] of this.known) if (!records.has(id)) this.print(`      − ${text}`);
    this.known = records;
  }

  private async read(): Promise<Map<string, string> | undefined> {
    const response = await fetch(`${this.url}/debug/state`);
    if (response.status === 404) return undefined;
    const { store: _store, ...collections } = stateSchema.parse(await response.json());
    const records = new Map<string, string>();
    for (const [name, held] of Object.entries(collections)) {
      if (typeof held === 'string') continue;
      for (const record of held.records) records.set(`${name} ${String(record['id'])}`, described(name, record));
    }
    return records;
  }
}

/** The fields that show what a model stores; all of them are public or hashes. */
const shown = ['id', 'kind', 'codeChallenge', 'wallet', 'grantId', 'clientId', 'secondsToLive'];

function described(collectionName: string, record: Readonly<Record<string, unknown>>): string {
  const fields = shown.filter((name) => record[name] !== undefined).map((name) => `${name}=${String(record[name])}`);
  return `${collectionName}: ${fields.join(' ')}`;
}

function counted(records: ReadonlyMap<string, string>): string {
  const counts = new Map<string, number>();
  for (const id of records.keys()) {
    const name = id.split(' ', 1)[0] ?? '';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts.size === 0 ? 'nothing' : [...counts].map(([name, count]) => `${name} ${count}`).join(', ');
}
