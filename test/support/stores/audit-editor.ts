import type { mongo } from 'mongoose';
import { LmdbDatabase } from '../../../src/platform/storage/lmdb-database';
import { MongoDatabase } from '../../../src/platform/storage/mongo-database';
import type { OpenStores } from './open-stores';
import type { StoreName } from './stores';

/** Somebody who can write to the store, and has no key. */
export interface AuditEditor {
  removeEvent(seq: number): Promise<void>;
  changeEvent(seq: number, change: (fields: Fields) => Fields): Promise<void>;
  swapEvents(one: number, other: number): Promise<void>;
  seals(): Promise<StoredSeal[]>;
  removeSeal(number: number): Promise<void>;
  replaceSeal(number: number, seal: string): Promise<void>;
  /** Of the ledger, which says that chains have ends without a seal. */
  forgetHeads(): Promise<void>;
}

export interface StoredSeal {
  readonly number: number;
  readonly seal: string;
}

type Fields = Readonly<Record<string, unknown>>;

const tables = ['audit_events', 'audit_security_events'] as const;

export function auditEditor(name: StoreName, stores: OpenStores): AuditEditor {
  return name === 'lmdb' ? lmdbEditor(stores.get(LmdbDatabase)) : mongoEditor(stores.get(MongoDatabase));
}

interface Chunk {
  readonly text: string;
}

function lmdbEditor(database: LmdbDatabase): AuditEditor {
  const table = (name: string) => database.tableNamed(name);

  async function editLines(edit: (lines: readonly string[]) => string[]): Promise<void> {
    for (const name of tables) {
      for (const { key, value } of table(name).entriesFresh()) {
        const chunk = value as Chunk;
        const lines = edit(chunk.text.split('\n'));
        await database.write(() => {
          if (lines.length === 0) table(name).remove(key);
          else table(name).put(key, { ...chunk, text: lines.join('\n') } as object);
        });
      }
    }
  }
  const editSeal = async (number: number, edit: (key: string, value: object) => void) => {
    for (const { key, value } of table('audit_seals').entriesFresh())
      if ((value as StoredSeal).number === number) await database.write(() => edit(key, value));
  };

  return {
    removeEvent: async (seq) => editLines((lines) => lines.filter((line) => seqOf(line) !== seq)),
    changeEvent: async (seq, change) =>
      editLines((lines) =>
        lines.map((line) => {
          if (seqOf(line) !== seq) return line;
          const end = line.lastIndexOf('}') + 1;
          return JSON.stringify(change(JSON.parse(line.slice(0, end)) as Fields)) + line.slice(end);
        }),
      ),
    swapEvents: async (one, other) => {
      const all = new Map<number, string>();
      await editLines((lines) => {
        for (const line of lines) all.set(seqOf(line), line);
        return [...lines];
      });
      const changed = new Map([
        [one, withSeq(all.get(other), one)],
        [other, withSeq(all.get(one), other)],
      ]);
      await editLines((lines) => lines.map((line) => changed.get(seqOf(line)) ?? line));
    },
    seals: async () =>
      table('audit_seals')
        .entriesFresh()
        .map(({ value }) => value as StoredSeal),
    removeSeal: async (number) => editSeal(number, (key) => table('audit_seals').remove(key)),
    replaceSeal: async (number, seal) =>
      editSeal(number, (key, value) => table('audit_seals').put(key, { ...value, seal } as object)),
    forgetHeads: async () => {
      const ledger = table('audit_ledger');
      await database.write(() => ledger.put('ledger', { ...ledger.get('ledger'), heads: [] } as object));
    },
  };
}

function seqOf(line: string): number {
  return Number(line.split('} ').at(-1)?.split(' ')[0]);
}

function withSeq(line = '', seq = 0): string {
  return line.replace(/\} \d+ /, `} ${seq} `);
}

function mongoEditor({ connection }: MongoDatabase): AuditEditor {
  const collection = (name: string) =>
    connection.collection(name) as unknown as mongo.Collection<{ readonly _id: string; readonly seq: number }>;
  const seals = connection.collection('audit_seals') as unknown as mongo.Collection<StoredSeal>;

  const everywhere = async (work: (events: ReturnType<typeof collection>) => Promise<unknown>) => {
    for (const name of tables) await work(collection(name));
  };
  const setSeq = async (from: number, to: number) =>
    everywhere((events) => events.updateMany({ seq: from }, { $set: { seq: to } }));

  return {
    removeEvent: async (seq) => everywhere((events) => events.deleteMany({ seq })),
    changeEvent: async (seq, change) =>
      everywhere(async (events) => {
        const found = await events.findOne({ seq });
        if (found === null) return;
        const { _id: id, ...fields } = found;
        const { id: _same, ...changed } = change({ id, ...fields });
        await events.replaceOne({ _id: id }, changed as { readonly seq: number });
      }),
    swapEvents: async (one, other) => {
      await setSeq(one, -1);
      await setSeq(other, one);
      await setSeq(-1, other);
    },
    seals: async () => seals.find({}, { sort: { number: 1 }, batchSize: 1_000 }).toArray(),
    removeSeal: async (number) => void (await seals.deleteMany({ number })),
    replaceSeal: async (number, seal) => void (await seals.updateMany({ number }, { $set: { seal } })),
    forgetHeads: async () => void (await connection.collection('audit_ledger').updateMany({}, { $set: { heads: {} } })),
  };
}
