import type { JWTPayload } from 'jose';
import type { Fetch } from '../answer.ts';
import { createDiscovery } from '../discovery.ts';
import { type AccessToken, AccessTokenError, type AccessTokenRules, verifyAccessToken } from './access-token.ts';
import { type ChallengeSubject, wwwAuthenticate } from './challenge.ts';
import type { DpopNonces } from './dpop-nonces.ts';
import { dpopAlgorithms, readDpopProof } from './dpop-proof.ts';
import { type Introspect, IntrospectionError } from './introspection.ts';
import { ProcessReplayMemory, type ReplayMemory } from './replay-memory.ts';
import {
  assertMet,
  assertRequirement,
  type OptionalRequirement,
  type Requirement,
  type TokenRequirement,
} from './requirement.ts';
import { ResourceError, type ResourceErrorReason, resourceErrors } from './resource-error.ts';
import { type MetadataLocation, metadataLocation, type ResourceMetadata } from './resource-metadata.ts';
import { headerValues, type ResourceRequest, type Scheme, type ShownToken, shownToken } from './resource-request.ts';

/** How an API is protected. */
export interface ProtectedResourceOptions {
  /** The issuer identifier of the authorization server. */
  readonly issuer: string;
  /** The API's registered identifier: the `aud` of its tokens. */
  readonly resource: string;
  /** The scopes of the API, for its metadata. */
  readonly scopes?: readonly string[];
  /** For its metadata. */
  readonly name?: string;
  /** URL of a page for developers, for its metadata. */
  readonly documentation?: string;
  /** `accepted` by default: beside bearer tokens. `required`: bearer tokens are refused. `off`: key-bound tokens are refused. */
  readonly dpop?: 'accepted' | 'required' | 'off';
  /**
   * URL of this server's path `/` as clients see it, which proofs name; the origin of `resource` by default. Behind a proxy
   * that strips a path prefix, include the prefix. Never read from the request: an attacker chooses its `Host`.
   */
  readonly publicUrl?: string;
  /** The replay cache of proofs; in this process by default. */
  readonly replayMemory?: ReplayMemory;
  /** Requires a nonce in proofs. */
  readonly dpopNonces?: DpopNonces;
  /** Called for every token with a valid signature, so that a revoked one is refused at once. */
  readonly introspect?: Introspect;
  /** Seconds that the clocks of the issuer and this server may differ; 5 by default. */
  readonly clockTolerance?: number;
  readonly fetch?: Fetch;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** An authorized request. */
export interface Authorized<Claims extends object = JWTPayload> {
  readonly accessToken: AccessToken<Claims>;
  /** To be set on the response, whatever it is. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A request that is authorized, or came without a token where that is allowed. */
export interface OptionallyAuthorized<Claims extends object = JWTPayload> extends Omit<
  Authorized<Claims>,
  'accessToken'
> {
  readonly accessToken: AccessToken<Claims> | undefined;
}

/** An API behind an authorization server. */
export interface ProtectedResource<Claims extends object = JWTPayload> {
  /** Source: RFC 9728 §2. */
  readonly metadata: ResourceMetadata;
  /** Undefined when `resource` is not an http(s) URL. */
  readonly metadataLocation: MetadataLocation | undefined;
  /**
   * Verifies the access token of a request: valid, for this API, from the key that it is bound to, with the scopes, and of a
   * login as required. Throws: {@link ResourceError}, which describes the response; TypeError for an invalid requirement.
   */
  authorize(request: ResourceRequest, requirement?: Requirement<Claims>): Promise<Authorized<Claims>>;
  /** As above; without a token for a request that has none, if the requirement is `optional`. */
  authorize(
    request: ResourceRequest,
    requirement: Requirement<Claims> | OptionalRequirement<Claims>,
  ): Promise<OptionallyAuthorized<Claims>>;
  /**
   * Checks a further requirement on a request whose token `authorize` has returned: a second `authorize` would refuse its
   * proof, which can be used once. Throws as `authorize`.
   */
  permit(
    accessToken: AccessToken<Claims>,
    request: ResourceRequest,
    requirement: Requirement<Claims> | OptionalRequirement<Claims>,
  ): Promise<void>;
  /**
   * Verifies a bare token, for frameworks that extract it themselves and have no proof: a key-bound token is refused. Throws:
   * {@link ResourceError}; TypeError for an invalid requirement, and for `allow`, which needs a request.
   */
  verify(token: string, requirement?: TokenRequirement): Promise<AccessToken<Claims>>;
  /**
   * Fetches the issuer's keys now, for example after a leak: tokens by retired keys are refused from then on. Otherwise it
   * happens as often as the issuer says (`max-age`; for Tessera within a minute), and at least every five minutes. Throws:
   * {@link ResourceError} (`authorization_server_unavailable`) when the issuer does not answer; the cached keys then stay in
   * use.
   */
  reloadKeys(): Promise<void>;
}

/**
 * An API that verifies the tokens of an issuer. `Claims`: the type of what the issuer adds to the registered claims, which is
 * not checked. Throws: TypeError for invalid options.
 */
export function protectedResource<Claims extends object = JWTPayload>(
  options: ProtectedResourceOptions,
): ProtectedResource<Claims> {
  return new Resource<Claims>(options);
}

class Resource<Claims extends object> implements ProtectedResource<Claims> {
  readonly metadata: ResourceMetadata;
  readonly metadataLocation: MetadataLocation | undefined;
  private readonly rules: AccessTokenRules;
  private readonly subject: ChallengeSubject;
  private readonly publicUrl: string | undefined;
  private readonly replays: ReplayMemory;
  private readonly now: () => number;

  constructor(private readonly options: ProtectedResourceOptions) {
    const { issuer, resource, scopes = [], dpop = 'accepted', clockTolerance = 5 } = options;
    assertRequirement({ scopes });
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

  authorize(request: ResourceRequest, requirement?: Requirement<Claims>): Promise<Authorized<Claims>>;
  authorize(
    request: ResourceRequest,
    requirement: Requirement<Claims> | OptionalRequirement<Claims>,
  ): Promise<OptionallyAuthorized<Claims>>;
  async authorize(
    request: ResourceRequest,
    requirement: Requirement<Claims> | OptionalRequirement<Claims> = {},
  ): Promise<OptionallyAuthorized<Claims>> {
    assertRequirement(requirement);
    // Credentials of another scheme do not count as none: whoever sends some means to be somebody.
    if (requirement.optional === true && headerValues(request.headers, 'authorization').length === 0) {
      return { accessToken: undefined, headers: {} };
    }
    const shown = shownToken(request);
    if (shown === undefined) throw this.refusal('access_token_required', undefined, requirement);
    if (shown === 'repeated') throw this.refusal('access_token_repeated', this.subject.schemes[0], requirement);
    const authorized = await this.refusing(shown.scheme, requirement, async () => {
      const accessToken = await this.verified(shown);
      return { accessToken, headers: await this.prove(accessToken, shown, request) };
    });
    await this.permit(authorized.accessToken, request, requirement);
    return authorized;
  }

  async permit(
    accessToken: AccessToken<Claims>,
    request: ResourceRequest,
    requirement: Requirement<Claims> | OptionalRequirement<Claims>,
  ): Promise<void> {
    assertRequirement(requirement);
    const scheme = accessToken.jkt === undefined ? 'Bearer' : 'DPoP';
    await this.refusing(scheme, requirement, async () => this.assertMet(accessToken, requirement));
    // What it throws is not an error of ours, whatever its class.
    const isAllowed: unknown = requirement.allow === undefined || (await requirement.allow(accessToken, request));
    if (isAllowed !== true) throw this.refusal('request_not_allowed', scheme, requirement);
  }

  async verify(token: string, requirement: TokenRequirement = {}): Promise<AccessToken<Claims>> {
    assertRequirement(requirement);
    if (Object(requirement)['allow'] !== undefined) throw new TypeError('allow needs a request: use authorize');
    return this.refusing('Bearer', requirement, async () => {
      const accessToken = await this.verified({ token });
      if (accessToken.jkt !== undefined || this.options.dpop === 'required')
        throw new AccessTokenError('dpop_required');
      this.assertMet(accessToken, requirement);
      return accessToken;
    });
  }

  async reloadKeys(): Promise<void> {
    try {
      await this.rules.discovery.reloadKeys();
    } catch (cause) {
      throw this.refusal('authorization_server_unavailable', undefined, {}, cause);
    }
  }

  /** Verifies the token: by the issuer, for this API, and active. Throws: {@link AccessTokenError}, `IntrospectionError`. */
  private async verified({ token }: Pick<ShownToken, 'token'>): Promise<AccessToken<Claims>> {
    if (token === undefined) throw new AccessTokenError('access_token_invalid');
    const accessToken = await verifyAccessToken<Claims>(token, this.rules, this.now());
    // Last, so that nobody makes this server send requests about made-up texts.
    const answer = await this.options.introspect?.(token);
    if (answer?.active === false) throw new AccessTokenError('access_token_revoked');
    return accessToken;
  }

  private assertMet(accessToken: AccessToken<Claims>, requirement: TokenRequirement): void {
    assertMet(accessToken, requirement, this.now() / 1000 - this.rules.clockTolerance);
  }

  /** Verifies that the request comes from the key that the token is bound to. Returns response headers. Source: RFC 9449 §7. */
  private async prove(
    { jkt }: AccessToken<Claims>,
    { scheme, token = '' }: ShownToken,
    request: ResourceRequest,
  ): Promise<Readonly<Record<string, string>>> {
    const { dpop } = this.options;
    if (scheme === 'Bearer') {
      // A key-bound token is not accepted as a bearer token. Source: RFC 9449 §7.2.
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
    // Last, so that only the owner of a token and its key can fill the cache.
    const outcome = await this.replays.remember(proof, now);
    if (outcome !== 'fresh')
      throw new AccessTokenError(outcome === 'used' ? 'dpop_proof_replayed' : 'dpop_proofs_exhausted');
    return this.nonceHeader(now);
  }

  /** Every response carries the next nonce, so that no request has to be sent twice for it. Source: RFC 9449 §8.2. */
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

  /** Throws what the work throws, as the error response that it is. */
  private async refusing<Result>(
    scheme: Scheme,
    requirement: TokenRequirement,
    work: () => Promise<Result>,
  ): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof IntrospectionError) {
        throw this.refusal('authorization_server_unavailable', scheme, requirement, error);
      }
      if (!(error instanceof AccessTokenError)) throw error;
      const { reason, cause } = error;
      const headers = reason === 'dpop_nonce_required' ? await this.nonceHeader(Math.floor(this.now() / 1000)) : {};
      throw this.refusal(reason, scheme, requirement, cause, headers);
    }
  }

  private refusal(
    reason: ResourceErrorReason,
    scheme: Scheme | undefined,
    requirement: TokenRequirement,
    cause?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): ResourceError {
    // No other request by the client would help.
    if (resourceErrors[reason].code === 'temporarily_unavailable') return new ResourceError(reason, { cause });
    const shown = reason === 'dpop_required' ? 'DPoP' : scheme;
    const challenge = wwwAuthenticate(this.subject, { reason, scheme: shown, requirement });
    return new ResourceError(reason, { headers: { 'www-authenticate': challenge, ...headers }, cause });
  }
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

/** Without a trailing slash. Undefined when `resource` is not an http(s) URL and no other is given: no proof can then be valid. */
function publicUrlOf({ publicUrl, resource, dpop }: ProtectedResourceOptions): string | undefined {
  const base = publicUrl ?? (/^https?:/i.test(resource) ? new URL(resource).origin : undefined);
  if (base !== undefined) return base.replace(/\/+$/, '');
  if (dpop === 'required') throw new TypeError('DPoP needs publicUrl where resource is not the URL of the API');
  return undefined;
}
