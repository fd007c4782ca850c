/** The CAIP-10 id of an account on an EVM chain. `address` in EIP-55. Source: CAIP-10, namespace eip155. */
export function accountId(chainId: number, address: string): string {
  return `eip155:${chainId}:${address}`;
}

/** The address in an account's subject; undefined for a user id. */
export function addressOf(sub: string): string | undefined {
  return /^eip155:\d+:(0x[0-9a-fA-F]{40})$/.exec(sub)?.[1];
}
