import type { WebAnswer } from './answers.ts';
import type { WebRequest } from './web-login.ts';

export function responseOf({ status, headers, cookies, body }: WebAnswer): Response {
  const response = new Response(body === '' ? null : body, { status, headers });
  for (const each of cookies) response.headers.append('set-cookie', each);
  return response;
}

/** The request with its path for its URL: behind a proxy the rest of that may be another's. */
export function targetOf({ method, headers, url }: Request): WebRequest {
  const { pathname, search } = new URL(url);
  return { method, headers, url: pathname + search };
}

/** The same response, in no cache unless it says so itself. */
export function withoutCache(response: Response): Response {
  if (response.headers.has('cache-control')) return response;
  // The headers of a redirect are immutable.
  const uncached = new Response(response.body, response);
  uncached.headers.set('cache-control', 'no-store');
  return uncached;
}
