import type { Page, PageRequest } from '../../../src/platform/storage/page';

/** All pages of a list, each asked for by the `next` of the one before. */
export async function pagesOf<Item>(list: (page: PageRequest) => Promise<Page<Item>>, limit: number) {
  const pages: Item[][] = [];
  for (let after: string | undefined; ;) {
    const { items, next } = await list({ limit, ...(after !== undefined && { after }) });
    pages.push([...items]);
    if (next === undefined) return pages;
    after = next;
  }
}
