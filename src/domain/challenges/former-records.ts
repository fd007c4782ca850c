import type { Authentication, LoginModel } from '../identity/authentication';
import { hashSecret } from '../credentials/secret';
import { type Grant, type RefreshState, successorId } from './grant';

/*
 * Version 0.1 kept what a login gave in three places: tombstones of redeemed challenges, revocations, and a challenge for
 * each live refresh token. Here they become grants. A grant keeps the id that its access tokens name; the ids by which
 * its challenge and its refresh tokens lead to it are former ids that point there.
 *
 * It left a tombstone before it deleted the challenge, and answered after both. A challenge that is there together with
 * its tombstone was therefore being redeemed when the server ended, and nothing was issued for it: it is good still, and
 * of a refresh token it is the successor, which nobody has seen, that is not.
 */

/** Of a store in which everything is as this version keeps it; the store remembers it under `schema` in `meta`. */
export const schemaVersion = 2;

/** Under an id by which a record of version 0.1 is asked for: the grant that it belongs to. */
export interface FormerId {
  readonly grantId: string;
  readonly expiresAt: number;
}

export function isFormerId(record: object | undefined): record is FormerId {
  return record !== undefined && 'grantId' in record;
}

/** A redeemed challenge, as version 0.1 remembered it. */
export interface FormerTombstone {
  readonly kind: string;
  readonly id: string;
  readonly grantId: string;
  readonly clientId: string;
  readonly spentAt: number;
  readonly expiresAt: number;
  readonly codeChallenge?: string;
  readonly wallet?: string;
  readonly chainId?: number;
  readonly message?: string;
  readonly successor?: string;
}

/** A live refresh token of version 0.1, in the collection of challenges. */
export interface FormerRefreshToken {
  readonly kind: 'refresh_token';
  readonly id: string;
  readonly grantId: string;
  readonly clientId: string;
  readonly model: LoginModel;
  readonly scope: readonly string[];
  readonly authentication: Authentication;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** The EIP-191 hash of a text, hex without prefix. */
export type HashMessage = (message: string) => string;

/** Brings what version 0.1 left in a store into grants; see above. */
export abstract class FormerRecords {
  /**
   * Does nothing to a store that has none; may be repeated, interrupted, and run by several processes at once. `now` in
   * milliseconds since the epoch. Returns how many records it moved. Rejects with StoreUnavailableError.
   */
  abstract migrate(now: number): Promise<number>;
}

/** Loaded when a store turns out to need it. Source: EIP-191 version 0x45. */
export async function loadHashMessage(): Promise<HashMessage> {
  const { getSignPayload } = await import('ox/PersonalMessage');
  const { fromString } = await import('ox/Hex');
  return (message) => getSignPayload(fromString(message)).slice(2);
}

/** Longer than any token of version 0.1 that was issued last could live: the longest ACCESS_TOKEN_TTL. */
const longestTokenMs = 86_400_000;

/** The grant of a live refresh token; one whose rotation was interrupted has its successor beside it. */
export function grantOfRefreshToken(token: FormerRefreshToken): Grant {
  const { id: current, grantId: id, clientId, model, scope, authentication, createdAt, expiresAt } = token;
  const refresh = { family: hashSecret(`${id}:former`), current, expiresAt };
  const proof = { codeChallenge: '' };
  return {
    id,
    model,
    clientId,
    scope,
    authentication,
    proof,
    createdAt,
    expiresAt: expiresAt + longestTokenMs,
    refresh,
  };
}

/** The grant of a redeemed code or wallet challenge, of which nothing but this was kept. */
export function grantOfTombstone(tombstone: FormerTombstone, hashMessage: HashMessage): Grant {
  const { grantId: id, clientId, wallet, spentAt: createdAt, expiresAt } = tombstone;
  const sub = wallet === undefined ? '' : `eip155:1:${wallet}`;
  const authentication = { sub, amr: [], authTime: Math.floor(createdAt / 1000) };
  const model = wallet === undefined ? 'pkce' : 'wallet';
  return {
    id,
    model,
    clientId,
    scope: [],
    authentication,
    proof: proofOf(tombstone, hashMessage),
    createdAt,
    expiresAt,
  };
}

/** What a replay of the challenge is recognised by; the signature was not kept, but its key can be recovered again. */
export function proofOf(
  { codeChallenge = '', wallet, chainId, message }: FormerTombstone,
  hashMessage: HashMessage,
): Grant['proof'] {
  if (wallet === undefined || chainId === undefined || message === undefined) return { codeChallenge };
  return { wallet, chainId, messageHash: hashMessage(message), signatureHash: '' };
}

/** What the last rotation left for a client that lost its answer. */
export function rotationOf({ id, successor, spentAt }: FormerTombstone): Partial<RefreshState> {
  return successor === undefined ? {} : { previous: id, successor, rotatedAt: spentAt };
}

/** By what the challenge of this kind is asked for now. */
export function formerIdOf({ kind, id }: Pick<FormerTombstone, 'kind' | 'id'>): string | undefined {
  if (kind === 'refresh_token') return id;
  return kind === 'authorization_code' || kind === 'wallet_challenge' ? successorId(kind, id) : undefined;
}
