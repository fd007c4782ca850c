/**
 * The value of `Authorization` by which a client authenticates: both halves are form-encoded, then joined. Source: RFC 6749
 * §2.3.1, appendix B.
 */
export function basicCredentials(clientId: string, clientSecret: string): string {
  // The one `=` that is not encoded stands between the two.
  return `Basic ${btoa(String(new URLSearchParams({ [clientId]: clientSecret })).replace('=', ':'))}`;
}
