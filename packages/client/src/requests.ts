import { ask, deadline, type Fetch, membersOf } from './answer.ts';
import type { ClientOptions } from './client-options.ts';

/** What a client sends: authenticated, and with a proof where tokens are bound to a key. */
export class Requests {
  readonly #options: ClientOptions;
  readonly #fetch: Fetch;

  constructor(options: ClientOptions, fetch: Fetch) {
    this.#options = options;
    this.#fetch = fetch;
  }

  /** A form by this client. `ms`: how long to wait for the answer. */
  async post(url: string, fields: Record<string, string> | URLSearchParams, ms = 20_000): Promise<Response> {
    const { clientId, clientSecret } = this.#options;
    const body = new URLSearchParams(fields);
    body.set('client_id', clientId);
    const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' };
    if (clientSecret !== undefined) {
      // Source: RFC 6749 §2.3.1.
      const credentials = [clientId, clientSecret].map(encodeURIComponent).join(':');
      headers['authorization'] = `Basic ${btoa(credentials)}`;
    }
    return this.proven(url, { method: 'POST', url }, (proof) => ({
      method: 'POST',
      headers: proof === undefined ? headers : { ...headers, dpop: proof },
      body: String(body),
      ...deadline(ms),
    }));
  }

  /** Sends a request with a proof, and once again where the server asks for its nonce. Source: RFC 9449 §8, §9. */
  async proven(
    url: string,
    request: { readonly method: string; readonly url: string; readonly accessToken?: string },
    init: (proof: string | undefined) => RequestInit,
  ): Promise<Response> {
    const { dpop } = this.#options;
    const send = async () => ask(this.#fetch, url, init(await dpop?.proof(request)));
    const response = await send();
    if (dpop?.observe(url, response) !== true || !(await isAboutProof(response))) return response;
    const again = await send();
    dpop.observe(url, again);
    return again;
  }
}

/** Whether another proof may do. An API of another origin may hide why it says 401. */
async function isAboutProof(response: Response): Promise<boolean> {
  if (response.status !== 400) return response.status === 401;
  const { error } = membersOf(await response.clone().text()) ?? {};
  return error === 'use_dpop_nonce' || error === 'invalid_dpop_proof';
}
