/** One page of a list, as the API answers it. */
export interface PageAnswer<Item> {
  readonly data: readonly Item[];
  /** The `after` of the next page; absent of the last one. */
  readonly next?: string;
}

export interface PageAsked {
  /** 1 to {@link mostPerPage}. */
  readonly limit: number;
  readonly after?: string;
}

export const mostPerPage = 100;

/** One more than are asked for have been read, which tells whether there is a next page. */
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
