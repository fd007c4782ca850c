/** True when the resource is this server itself, the one audience of its access tokens. Source: RFC 8707 §2. */
export function isOwnResource(resource: string, issuer: string): boolean {
  return URL.canParse(resource) && !resource.includes('#') && new URL(resource).origin === issuer;
}
