/** A page of a list in a response. */
export interface PageAnswer<Item> {
  readonly data: readonly Item[];
  /** The `after` of the next page; absent on the last one. */
  readonly next?: string;
}

export interface PageAsked {
  /** 1 to {@link mostPerPage}. */
  readonly limit: number;
  readonly after?: string;
}

export const mostPerPage = 100;

/** Reads one item more than requested, to know whether there is a next page. */
export function pageAnswer<Item, Answer>(
  found: readonly Item[],
  { limit }: PageAsked,
  placeOf: (item: Item) => string,
  answerOf: (item: Item) => Answer,
): PageAnswer<Answer> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const next = found.length > limit && last !== undefined ? { next: placeOf(last) } : {};
  return { data: items.map(answerOf), ...next };
}
