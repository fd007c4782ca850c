import type { Client, LoginOptions } from './client-options.ts';
import { isStream, repeatable } from './requests.ts';
import { stepUpOf } from './step-up.ts';

/**
 * As `client.fetch`. When the API asks for another login, the end-user logs in as it asks, and the request is sent once more;
 * `login`: other options of that login. The API's response is returned as it is when the login does not come back here (its page
 * has left, or its popup was closed), when it is somebody else's, and for a body that can only be sent once. Throws as
 * `client.fetch` and `client.login`. Source: RFC 9470 §4.
 */
export async function fetchWithStepUp(
  client: Client,
  input: string | URL | Request,
  init?: RequestInit,
  login: LoginOptions = {},
): Promise<Response> {
  const { url, sent } = await repeatable(input, init);
  const response = await client.fetch(url, sent);
  const asked = stepUpOf(response);
  if (asked === undefined || isStream(sent.body)) return response;
  const before = await client.tokens();
  const finished = await client.login({ ...login, parameters: { ...login.parameters, ...asked.parameters } });
  if (finished?.tokens.claims?.sub !== before?.claims?.sub || finished === undefined) return response;
  return client.fetch(url, sent);
}
