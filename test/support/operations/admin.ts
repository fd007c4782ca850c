import type { Reachable } from '../clients/pkce-login';
import type { Answer } from '../clients/wallet';

export const adminToken = 'an-admin-token-of-the-tests-0123456789';

/** Calls the administration with the admin token; a text is sent as it is. */
export async function admin(
  { url, fetch: send = fetch }: Reachable,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await send(`${url}/admin${path}`, {
    method,
    headers: {
      authorization: `Bearer ${adminToken}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
}
