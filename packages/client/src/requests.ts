import { ask, deadline, type Fetch } from './answer.ts';
import { basicCredentials } from './basic-credentials.ts';
import type { ClientOptions } from './client-options.ts';
import type { ProvenRequest } from './dpop.ts';

/** Sends a client's requests: authenticated, and with a DPoP proof if tokens are bound to a key. */
export class Requests {
  readonly #options: ClientOptions;
  readonly #fetch: Fetch;

  constructor(options: ClientOptions, fetch: Fetch) {
    this.#options = options;
    this.#fetch = fetch;
  }

  /** Posts a form as this client. `ms`: timeout. */
  async post(url: string, fields: Record<string, string> | URLSearchParams, ms = 20_000): Promise<Response> {
    const { authenticate, clientId, clientSecret } = this.#options;
    return this.proven({ method: 'POST', url }, async (proof) => {
      const body = new URLSearchParams(fields);
      body.set('client_id', clientId);
      // For each attempt: a client assertion is accepted once.
      await authenticate?.(body);
      return {
        method: 'POST',
        // Explicit, because not every custom or React Native `fetch` accepts URLSearchParams as a form.
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          ...(clientSecret !== undefined && { authorization: basicCredentials(clientId, clientSecret) }),
          ...(proof && { dpop: proof }),
        },
        body: String(body),
        ...deadline(ms),
      };
    });
  }

  /**
   * Sends a request with a proof, and once more if the server asks for its nonce. `signal`: the caller's. Source: RFC 9449 §8,
   * §9.
   */
  async proven(
    request: ProvenRequest,
    init: (proof: string | undefined) => Promise<RequestInit> | RequestInit,
    signal?: AbortSignal | null,
  ): Promise<Response> {
    const { dpop } = this.#options;
    const { url } = request;
    const requestOf = async () => init(await dpop?.proof(request));
    const sent = await requestOf();
    const response = await ask(this.#fetch, url, sent, signal);
    if (!dpop?.observe(url, response) || isStream(sent.body) || !(await isAboutProof(response))) return response;
    const again = await ask(this.#fetch, url, await requestOf(), signal);
    dpop.observe(url, again);
    return again;
  }
}

/** Whether another proof may help. An API of another origin may hide the reason of its 401. */
async function isAboutProof(response: Response): Promise<boolean> {
  if (response.status !== 400) return response.status === 401;
  // `use_dpop_nonce` or `invalid_dpop_proof`; no other error response has it.
  return /_dpop_/.test(await response.clone().text());
}

/** The init of a `Request` with its body buffered, so that it can be sent again. */
export async function initOf(request: Request): Promise<RequestInit> {
  const init: Record<string, unknown> = {};
  // Its own or its prototype’s members, whichever the platform has.
  for (const name in request) init[name] = request[name as keyof Request];
  const body = await request.arrayBuffer();
  return { ...init, body: body.byteLength > 0 ? body : null };
}

/** The arguments of `fetch` as a URL and what is sent to it, so that they can be used again. */
export async function repeatable(input: string | URL | Request, init?: RequestInit) {
  const isRequest = typeof input === 'object' && 'headers' in input;
  return { url: isRequest ? input.url : input, sent: { ...(isRequest && (await initOf(input))), ...init } };
}

/** A body that can only be sent once. */
export const isStream = (body: unknown): boolean =>
  typeof (body as { getReader?: unknown } | null | undefined)?.getReader === 'function';
