import { AdminError } from '../admin-error';
import type { JsonObject } from '../../../platform/fields/fields';
import type { RecordKind, Records } from './record-kinds';

const shownAtMost = 50;
const readAtOnce = 200;
/** Milliseconds, within which a page has to be there, however many records there are. */
const withinMs = 40;

export interface FoundRecords {
  readonly rows: readonly JsonObject[];
  /** Where the next page begins; absent when there are no more. */
  readonly next?: string;
}

/**
 * Up to 50 records that contain the text, whatever its case, after a place. A page may have fewer, or none, though there are
 * more: it is sent after 40 ms.
 */
export async function searchRecords(
  kind: RecordKind,
  records: Records,
  text: string,
  after: string | undefined,
): Promise<FoundRecords> {
  const wanted = text.toLowerCase();
  const exact = wanted === '' || after !== undefined ? undefined : await named(records, text);
  const rows: JsonObject[] = exact === undefined ? [] : [exact];
  const until = performance.now() + withinMs;
  const limit = wanted === '' ? shownAtMost : readAtOnce;
  for (let place = after; ;) {
    const { data, next } = await records.page({ limit, ...(place !== undefined && { after: place }) });
    rows.push(...data.filter((record) => record[kind.id] !== exact?.[kind.id] && contains(kind, record, wanted)));
    const last = rows[shownAtMost - 1];
    if (rows.length > shownAtMost && last !== undefined) {
      return { rows: rows.slice(0, shownAtMost), next: String(last[kind.place]) };
    }
    if (next === undefined) return { rows };
    if (rows.length === shownAtMost || performance.now() > until) return { rows, next };
    place = next;
  }
}

function contains({ searched }: RecordKind, record: JsonObject, wanted: string): boolean {
  return searched.some((name) =>
    String(record[name] ?? '')
      .toLowerCase()
      .includes(wanted),
  );
}

/** The record with this id or name. */
async function named(records: Records, text: string): Promise<JsonObject | undefined> {
  try {
    return await records.find((await records.idOf?.(text)) ?? text);
  } catch (error) {
    if (error instanceof AdminError) return undefined;
    throw error;
  }
}
