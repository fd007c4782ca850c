import type { Fetch } from '../answer.ts';
import { createDiscovery } from '../discovery.ts';
import { type AccessToken, AccessTokenError, type AccessTokenRules, verifyAccessToken } from './access-token.ts';
import { assertScopes, type ChallengeSubject, wwwAuthenticate } from './challenge.ts';
import type { DpopNonces } from './dpop-nonces.ts';
import { dpopAlgorithms, readDpopProof } from './dpop-proof.ts';
import { type Introspect, IntrospectionError } from './introspection.ts';
import { ProcessReplayMemory, type ReplayMemory } from './replay-memory.ts';
import { ResourceError, type ResourceErrorReason, resourceErrors } from './resource-error.ts';
import { type MetadataLocation, metadataLocation, type ResourceMetadata } from './resource-metadata.ts';
import { headerValues, type ResourceRequest, type Scheme, type ShownToken, shownToken } from './resource-request.ts';

/** How an API is protected. */
export interface ProtectedResourceOptions {
  /** The issuer identifier of the authorization server. */
  readonly issuer: string;
  /** The identifier that the API is registered with there: what its tokens have in `aud`. */
  readonly resource: string;
  /** The scopes of the API, for its metadata. */
  readonly scopes?: readonly string[];
  /** For its metadata. */
  readonly name?: string;
  /** The URL of a page for developers, for its metadata. */
  readonly documentation?: string;
  /** `accepted` by default: beside bearer tokens. `required`: bearer tokens are refused. `off`: tokens bound to a key are. */
  readonly dpop?: 'accepted' | 'required' | 'off';
  /**
   * Where clients see the path `/` of this server, which proofs name; the origin of `resource` by default. With a proxy in
   * front that takes a part of the path away, with that part. Never read from the request: its `Host` is a stranger's to choose.
   */
  readonly publicUrl?: string;
  /** Which proofs were used; a memory of this process by default. */
  readonly replayMemory?: ReplayMemory;
  /** Makes clients put a nonce into their proofs. */
  readonly dpopNonces?: DpopNonces;
  /** Asked about every token whose signature is right, so that one that was revoked is refused at once. */
  readonly introspect?: Introspect;
  /** Seconds by which the clocks of the issuer and this server may differ; 5 by default. */
  readonly clockTolerance?: number;
  readonly fetch?: Fetch;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** What an operation needs. */
export interface Requirement {
  /** All of them. */
  readonly scopes?: readonly string[];
}

/** A request that may be served. */
export interface Authorized {
  readonly accessToken: AccessToken;
  /** To be set on the answer, whatever it is. */
  readonly headers: Readonly<Record<string, string>>;
}

/** An API behind an authorization server. */
export interface ProtectedResource {
  /** Source: RFC 9728 §2. */
  readonly metadata: ResourceMetadata;
  /** Undefined where `resource` is no URL of the web. */
  readonly metadataLocation: MetadataLocation | undefined;
  /**
   * Tells whose access token a request shows, that it is meant for this API and has the scopes, and that the request comes
   * from the key that it is bound to. Throws: {@link ResourceError}, which is the answer.
   */
  authorize(request: ResourceRequest, requirement?: Requirement): Promise<Authorized>;
  /**
   * The same of a bare token, for frameworks that take it out of the request themselves, and have no proof: one that is bound
   * to a key is refused. Throws: {@link ResourceError}.
   */
  verify(token: string, requirement?: Requirement): Promise<AccessToken>;
  /**
   * Asks for the keys of the issuer now, as after a leak: tokens by those that it has retired are refused from then on. By
   * itself it happens as often as the issuer says (`max-age`; of Tessera within a minute), and every five minutes at least.
   * Throws: {@link ResourceError} (`authorization_server_unavailable`) where the issuer does not answer; the keys that are
   * held stay in use then.
   */
  reloadKeys(): Promise<void>;
}

/** Throws: TypeError for options that cannot be meant. */
export function protectedResource(options: ProtectedResourceOptions): ProtectedResource {
  return new Resource(options);
}

class Resource implements ProtectedResource {
  readonly metadata: ResourceMetadata;
  readonly metadataLocation: MetadataLocation | undefined;
  private readonly rules: AccessTokenRules;
  private readonly subject: ChallengeSubject;
  private readonly publicUrl: string | undefined;
  private readonly replays: ReplayMemory;
  private readonly now: () => number;

  constructor(private readonly options: ProtectedResourceOptions) {
    const { issuer, resource, scopes = [], dpop = 'accepted', clockTolerance = 5 } = options;
    assertScopes(scopes);
    this.now = options.now ?? Date.now;
    const discovery = createDiscovery({ issuer, fetch: options.fetch, now: this.now });
    this.metadata = metadataOf(options);
    this.metadataLocation = metadataLocation(resource);
    this.rules = { discovery, audience: resource, clockTolerance };
    this.subject = {
      schemes: dpop === 'off' ? ['Bearer'] : dpop === 'required' ? ['DPoP'] : ['Bearer', 'DPoP'],
      metadataUrl: this.metadataLocation?.url,
      dpopAlgorithms,
    };
    this.publicUrl = publicUrlOf(options);
    this.replays = options.replayMemory ?? new ProcessReplayMemory();
  }

  async authorize(request: ResourceRequest, { scopes = [] }: Requirement = {}): Promise<Authorized> {
    assertScopes(scopes);
    const shown = shownToken(request);
    if (shown === undefined) throw this.refusal('access_token_required', undefined, scopes);
    if (shown === 'repeated') throw this.refusal('access_token_repeated', this.subject.schemes[0], scopes);
    try {
      const accessToken = await this.verified(shown);
      const headers = await this.prove(accessToken, shown, request);
      assertHeld(accessToken, scopes);
      return { accessToken, headers };
    } catch (error) {
      throw await this.refusalOf(error, shown, scopes);
    }
  }

  async verify(token: string, { scopes = [] }: Requirement = {}): Promise<AccessToken> {
    const shown: ShownToken = { scheme: 'Bearer', token };
    try {
      const accessToken = await this.verified(shown);
      if (accessToken.jkt !== undefined || this.options.dpop === 'required')
        throw new AccessTokenError('dpop_required');
      assertHeld(accessToken, scopes);
      return accessToken;
    } catch (error) {
      throw await this.refusalOf(error, shown, scopes);
    }
  }

  async reloadKeys(): Promise<void> {
    try {
      await this.rules.discovery.reloadKeys();
    } catch (cause) {
      throw this.refusal('authorization_server_unavailable', undefined, [], cause);
    }
  }

  /** The token, which is the issuer's, for this API and alive. Throws: {@link AccessTokenError}, `IntrospectionError`. */
  private async verified({ token }: ShownToken): Promise<AccessToken> {
    if (token === undefined) throw new AccessTokenError('access_token_invalid');
    const accessToken = await verifyAccessToken(token, this.rules, this.now());
    // Asked last, so that nobody makes this server ask about a text of their own.
    const answer = await this.options.introspect?.(token);
    if (answer?.active === false) throw new AccessTokenError('access_token_revoked');
    return accessToken;
  }

  /** That the request comes from the key that the token is bound to. Returns the headers of the answer. Source: RFC 9449 §7. */
  private async prove(
    { jkt }: AccessToken,
    { scheme, token = '' }: ShownToken,
    request: ResourceRequest,
  ): Promise<Readonly<Record<string, string>>> {
    const { dpop } = this.options;
    if (scheme === 'Bearer') {
      // What is bound to a key is worth nothing as a bearer's. Source: RFC 9449 §7.2.
      if (jkt !== undefined || dpop === 'required') throw new AccessTokenError('dpop_required');
      return {};
    }
    if (jkt === undefined || dpop === 'off') throw new AccessTokenError('access_token_invalid');
    const [text, ...more] = headerValues(request.headers, 'dpop');
    if (text === undefined) throw new AccessTokenError('dpop_proof_missing');
    const now = Math.floor(this.now() / 1000);
    const url = this.urlOf(request);
    const proof =
      url === undefined || more.length > 0
        ? undefined
        : await readDpopProof(text, { method: request.method, url, accessToken: token, now });
    if (proof === undefined) throw new AccessTokenError('dpop_proof_invalid');
    if (proof.jkt !== jkt) throw new AccessTokenError('dpop_key_mismatch');
    const nonces = this.options.dpopNonces;
    if (nonces !== undefined && !(proof.nonce !== undefined && (await nonces.includes(proof.nonce, now)))) {
      throw new AccessTokenError('dpop_nonce_required');
    }
    // Last, so that only who holds a token and its key can fill the memory.
    const outcome = await this.replays.remember(proof, now);
    if (outcome !== 'fresh')
      throw new AccessTokenError(outcome === 'used' ? 'dpop_proof_replayed' : 'dpop_proofs_exhausted');
    return this.nonceHeader(now);
  }

  /** The next nonce comes with every answer, so that no request has to be sent twice for it. Source: RFC 9449 §8.2. */
  private async nonceHeader(now: number): Promise<Readonly<Record<string, string>>> {
    const { dpopNonces } = this.options;
    return dpopNonces === undefined ? {} : { 'dpop-nonce': await dpopNonces.current(now) };
  }

  /** As the client saw it. */
  private urlOf({ url }: ResourceRequest): string | undefined {
    if (this.publicUrl === undefined) return undefined;
    const path = url.startsWith('/') ? url : URL.canParse(url) ? new URL(url).pathname : undefined;
    return path === undefined ? undefined : `${this.publicUrl}${path}`;
  }

  private async refusalOf(error: unknown, { scheme }: ShownToken, scopes: readonly string[]): Promise<unknown> {
    if (error instanceof IntrospectionError)
      return this.refusal('authorization_server_unavailable', scheme, scopes, error);
    if (!(error instanceof AccessTokenError)) return error;
    const headers = error.reason === 'dpop_nonce_required' ? await this.nonceHeader(Math.floor(this.now() / 1000)) : {};
    return this.refusal(error.reason, scheme, scopes, error.cause, headers);
  }

  private refusal(
    reason: ResourceErrorReason,
    scheme: Scheme | undefined,
    scopes: readonly string[],
    cause?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): ResourceError {
    // Nothing that the client could send instead would help.
    if (resourceErrors[reason].code === 'temporarily_unavailable') return new ResourceError(reason, { cause });
    const shown = reason === 'dpop_required' ? 'DPoP' : scheme;
    const challenge = wwwAuthenticate(this.subject, { reason, scheme: shown, scopes });
    return new ResourceError(reason, { headers: { 'www-authenticate': challenge, ...headers }, cause });
  }
}

function assertHeld({ scopes }: AccessToken, needed: readonly string[]): void {
  if (!needed.every((scope) => scopes.includes(scope))) throw new AccessTokenError('scope_insufficient');
}

function metadataOf({
  issuer,
  resource,
  scopes,
  name,
  documentation,
  dpop,
}: ProtectedResourceOptions): ResourceMetadata {
  return {
    resource,
    authorization_servers: [issuer],
    bearer_methods_supported: ['header'],
    ...(scopes !== undefined && { scopes_supported: scopes }),
    ...(name !== undefined && { resource_name: name }),
    ...(documentation !== undefined && { resource_documentation: documentation }),
    ...(dpop !== 'off' && { dpop_signing_alg_values_supported: dpopAlgorithms }),
    ...(dpop === 'required' && { dpop_bound_access_tokens_required: true }),
  };
}

/** Without a slash at its end. Undefined where `resource` is no URL of the web and nothing else was said: no proof holds then. */
function publicUrlOf({ publicUrl, resource, dpop }: ProtectedResourceOptions): string | undefined {
  const base = publicUrl ?? (/^https?:/i.test(resource) ? new URL(resource).origin : undefined);
  if (base !== undefined) return base.replace(/\/+$/, '');
  if (dpop === 'required') throw new TypeError('DPoP needs publicUrl where resource is not the URL of the API');
  return undefined;
}
