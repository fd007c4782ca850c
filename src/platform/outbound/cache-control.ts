/** Seconds that a response without Cache-Control is fresh. */
const byDefault = 300;

/** Seconds that a response is fresh, 0 to `atMost`, by its `Cache-Control`. Source: RFC 9111 §4.2.1, §5.2.2. */
export function freshness(cacheControl: string | undefined, atMost: number): number {
  const directives = (cacheControl ?? '')
    .toLowerCase()
    .split(',')
    .map((each) => each.trim());
  if (directives.includes('no-store') || directives.some((each) => each.startsWith('no-cache'))) return 0;
  const ages = directives.flatMap((each) => /^max-age="?(\d+)"?$/.exec(each)?.[1] ?? []);
  return ages.length === 0 ? Math.min(byDefault, atMost) : Math.min(atMost, ...ages.map(Number));
}
