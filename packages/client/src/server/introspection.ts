import type { Fetch } from '../answer.ts';
import { basicCredentials } from '../basic-credentials.ts';
import { createDiscovery } from '../discovery.ts';

/** The introspection endpoint, and the API's credentials. */
export interface IntrospectionOptions {
  readonly issuer: string;
  /** The API's own credentials, from the administration of the authorization server. */
  readonly clientId: string;
  readonly clientSecret: string;
  readonly fetch?: Fetch;
  /** Timeout in milliseconds; 5000 by default. */
  readonly timeout?: number;
}

/** The members of an active token; times in seconds since the epoch. Source: RFC 7662 §2.2. */
export interface ActiveToken {
  readonly active: true;
  readonly sub?: string;
  readonly client_id?: string;
  readonly scope?: string;
  readonly aud?: string | readonly string[];
  readonly iss?: string;
  readonly exp?: number;
  readonly [member: string]: unknown;
}

/** The result for a token: an inactive one has no other member. */
export type Introspection = ActiveToken | { readonly active: false };

/** Asks the authorization server whether a token is active. Throws: {@link IntrospectionError}. */
export type Introspect = (token: string) => Promise<Introspection>;

/** The authorization server gave no result. `status`: of its response, undefined without one. */
export class IntrospectionError extends Error {
  override readonly name = 'IntrospectionError';

  constructor(
    readonly status: number | undefined,
    options?: ErrorOptions,
  ) {
    super(
      status === 401
        ? 'The authorization server does not know these credentials: check clientId and clientSecret'
        : `The authorization server did not tell about the token (${status ?? 'no answer'}): try again later`,
      options,
    );
  }
}

/**
 * Detects what a signature cannot show: that a token has just been revoked. One request per token, nothing is cached.
 * Source: RFC 7662 §2.
 */
export function introspection(options: IntrospectionOptions): Introspect {
  const { issuer, clientId, clientSecret, fetch: send = fetch, timeout = 5_000 } = options;
  const discovery = createDiscovery({ issuer, fetch: send });
  const authorization = basicCredentials(clientId, clientSecret);
  return async (token) => {
    const response = await answered(async () => {
      const { introspection_endpoint: endpoint } = await discovery.metadata();
      if (endpoint === undefined) throw new Error('the authorization server has no introspection endpoint');
      return send(endpoint, {
        method: 'POST',
        headers: { authorization, accept: 'application/json' },
        body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
        redirect: 'error',
        signal: AbortSignal.timeout(timeout),
      });
    });
    if (response.status !== 200) throw new IntrospectionError(response.status);
    const body: unknown = await answered(() => response.json());
    // Only the boolean means active: the text "false" does not.
    return isActive(body) ? body : { active: false };
  };
}

async function answered<Result>(ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    throw new IntrospectionError(undefined, { cause: error });
  }
}

function isActive(body: unknown): body is ActiveToken {
  return typeof body === 'object' && body !== null && 'active' in body && body.active === true;
}
