/** Which part of a list is asked for. */
export interface PageRequest {
  readonly limit: number;
  /** The `next` of the page before; absent: from the beginning. */
  readonly after?: string;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Where the list goes on; absent at its end. What it says is the store's own affair. */
  readonly next?: string;
}

/** Well under what a store takes for a key. */
const longestPlace = 1_000;

/** An `after` that no page has given. */
export class PlaceUnknownError extends Error {
  constructor() {
    super('No page ends there');
  }
}

/** A place in a list as one word. */
export function encodePlace(...parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** What {@link encodePlace} was given, of which there are `count`. Throws: {@link PlaceUnknownError}. */
export function decodePlace(place: string, count: number): string[] {
  const parts = parsed(Buffer.from(place, 'base64url').toString());
  const isPlace = Array.isArray(parts) && parts.length === count && parts.every(isPart);
  if (!isPlace || place.length > longestPlace) throw new PlaceUnknownError();
  return parts as string[];
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Printable ASCII, which every store sorts alike: whatever else was sent is no place of ours. */
function isPart(part: unknown): boolean {
  return typeof part === 'string' && /^[ -~]*$/.test(part);
}
