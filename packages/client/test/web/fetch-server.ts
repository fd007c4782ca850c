import type { RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';

/** A server of Node.js for a handler of the Fetch standard, as Next.js is one. */
export function asListener(handler: (request: Request) => Promise<Response>): RequestListener {
  return async (incoming, outgoing) => {
    const { method = 'GET', url = '/', headers } = incoming;
    const body = await text(incoming);
    const request = new Request(`http://${headers.host}${url}`, {
      method,
      headers: Object.entries(headers).flatMap(([name, value]): [string, string][] =>
        typeof value === 'string' ? [[name, value]] : [],
      ),
      ...(body !== '' && { body }),
    });
    const response = await handler(request);
    const cookies = response.headers.getSetCookie();
    outgoing.writeHead(response.status, { ...Object.fromEntries(response.headers), 'set-cookie': cookies });
    outgoing.end(await response.text());
  };
}
