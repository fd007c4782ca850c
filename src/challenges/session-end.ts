/** The codes that a client was issued in a session until `at` have ended. Milliseconds since the epoch. */
export interface EndedCodes {
  readonly clientId: string;
  readonly at: number;
}

/** What a session tells of the codes that were issued in it. */
export interface SessionEnd {
  readonly endedAt?: number;
  readonly endedCodes?: readonly EndedCodes[];
}

/** True when the code must not be redeemed any more: its session has ended, or its client's access. */
export function endsCode(
  { endedAt, endedCodes = [] }: SessionEnd,
  code: { readonly clientId: string; readonly createdAt: number },
): boolean {
  return (
    endedAt !== undefined || endedCodes.some(({ clientId, at }) => clientId === code.clientId && at >= code.createdAt)
  );
}
