/** The `Authorization` header of a client: both halves are form-encoded, then joined. Source: RFC 6749 §2.3.1, appendix B. */
export function basicCredentials(clientId: string, clientSecret: string): string {
  // The only unencoded `=` separates the two.
  return `Basic ${btoa(String(new URLSearchParams({ [clientId]: clientSecret })).replace('=', ':'))}`;
}
