import type { Credentials } from './credentials';
import type { ShownAnswer, ShownRequest } from './run';
import type { WireAnswer, WireRequest } from './wire';

/** Headers that matter in a login. */
const shownHeaders = ['content-type', 'location', 'set-cookie', 'cache-control', 'www-authenticate', 'retry-after'];

/** The request as a run records it, with every credential shortened. `bytes`: as measured when it was sent. */
export function shownRequest(
  { method, path, headers = {}, form, json }: WireRequest,
  bytes: number,
  credentials: Credentials,
): ShownRequest {
  const [pathname = '', query = ''] = path.split('?');
  return {
    method,
    path: pathname,
    headers: credentials.concealFields(headers),
    query: credentials.concealFields(Object.fromEntries(new URLSearchParams(query))),
    body: credentials.conceal(form ?? json ?? null),
    bytes,
  };
}

/** The response as a run records it; for a page only its title. */
export function shownAnswer(
  { status, headers, text, json, bytesReceived }: WireAnswer,
  credentials: Credentials,
): ShownAnswer {
  credentials.learnFromUrl(headers.location ?? '');
  const shown = shownHeaders.flatMap((name) => {
    const value = [headers[name]].flat().join(', ');
    return value === '' ? [] : [[name, value] as const];
  });
  return {
    status,
    headers: credentials.concealFields(Object.fromEntries(shown)),
    body: text === '' ? null : credentials.conceal(json ?? { page: titleOf(text) }),
    bytes: bytesReceived,
  };
}

function titleOf(html: string): string {
  return /<title>([^<]*)<\/title>/.exec(html)?.[1] ?? '';
}
