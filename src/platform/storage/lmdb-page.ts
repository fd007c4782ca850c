import type { IndexPlace, LmdbTable } from './lmdb-table';
import { decodePlace, encodePlace, type Page, type PageRequest, PlaceUnknownError } from './page';

const batch = 200;

/** The records whose index names begin with `prefix` and that `isListed`, page by page in the order of the names. */
export function indexedPage<Value extends object, Listed extends Value>(
  table: LmdbTable<Value>,
  prefix: string,
  { limit, after }: PageRequest,
  isListed: (value: Value) => value is Listed,
): Page<Listed> {
  const items: Listed[] = [];
  let place = after === undefined ? undefined : placeOf(after, prefix);
  for (;;) {
    const places = table.indexedFresh(prefix, batch, place);
    for (const each of places) {
      if (items.length === limit && place !== undefined) return { items, next: encodePlace(place.name, place.key) };
      // What another process removes meanwhile is no longer there.
      const value = table.get(each.key);
      if (value !== undefined && isListed(value)) items.push(value);
      place = each;
    }
    if (places.length < batch) return { items };
  }
}

function placeOf(after: string, prefix: string): IndexPlace {
  const [name = '', key = ''] = decodePlace(after, 2);
  if (!name.startsWith(prefix)) throw new PlaceUnknownError();
  return { name, key };
}
