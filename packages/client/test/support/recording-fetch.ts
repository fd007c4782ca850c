import type { Fetch } from '../../src/answer.ts';

/** A request by POST. */
export interface Posted {
  readonly path: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** `fetch` of the platform, and what was posted by it, in order. */
export function recordingFetch(): { readonly fetch: Fetch; readonly posted: Posted[] } {
  const posted: Posted[] = [];
  return {
    posted,
    fetch: (url, init) => {
      if (init?.method === 'POST') {
        const fields = Object.fromEntries(new URLSearchParams(String(init.body)));
        posted.push({ path: new URL(url).pathname, fields });
      }
      return fetch(url, init);
    },
  };
}
