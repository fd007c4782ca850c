/** One of 120,000 IP addresses of a test network, in which nobody is. Source: RFC 2544, 198.18.0.0/15. */
export function anyAddress(): string {
  return `198.${18 + below(2)}.${1 + below(250)}.${1 + below(250)}`;
}

function below(most: number): number {
  return Math.floor(Math.random() * most);
}
