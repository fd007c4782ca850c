/** The document that names a resource's authorization server. Source: RFC 9728 §2. */
export interface ResourceMetadata {
  readonly resource: string;
  readonly authorization_servers: readonly string[];
  readonly bearer_methods_supported: readonly ['header'];
  readonly scopes_supported?: readonly string[];
  readonly resource_name?: string;
  readonly resource_documentation?: string;
  readonly dpop_signing_alg_values_supported?: readonly string[];
  readonly dpop_bound_access_tokens_required?: boolean;
}

/** The route and the URL of a resource's document. */
export interface MetadataLocation {
  /** Path of the route: the resource's path after the well-known one. */
  readonly path: string;
  readonly url: string;
}

const wellKnown = '/.well-known/oauth-protected-resource';

/** Undefined for an identifier that is not an http(s) URL, which has no place for a document. Source: RFC 9728 §3.1. */
export function metadataLocation(resource: string): MetadataLocation | undefined {
  if (!URL.canParse(resource)) return undefined;
  const { protocol, origin, pathname, search } = new URL(resource);
  if (protocol !== 'https:' && protocol !== 'http:') return undefined;
  const path = `${wellKnown}${pathname === '/' ? '' : pathname}`;
  return { path, url: `${origin}${path}${search}` };
}

/** Response headers: the document is public, also for clients in browsers. Source: RFC 9728 §3.2. */
export const metadataHeaders = {
  'access-control-allow-origin': '*',
  'cache-control': 'public, max-age=3600',
} as const;
