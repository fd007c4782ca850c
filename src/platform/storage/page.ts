/** Selects a page of a list. */
export interface PageRequest {
  readonly limit: number;
  /** The `next` of the previous page; absent: from the beginning. */
  readonly after?: string;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Where the list continues; absent at its end. The text is opaque to callers. */
  readonly next?: string;
}

/** Well below a store's limit for a key. */
const longestPlace = 1_000;

/** An `after` that does not come from a page. */
export class PlaceUnknownError extends Error {
  constructor() {
    super('No page ends there');
  }
}

/** Encodes a position in a list as one word. */
export function encodePlace(...parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** The `count` parts that {@link encodePlace} got. Throws: {@link PlaceUnknownError}. */
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

/** Printable ASCII, which every store sorts alike; anything else is not ours. */
function isPart(part: unknown): boolean {
  return typeof part === 'string' && /^[ -~]*$/.test(part);
}
