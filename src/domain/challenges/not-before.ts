import * as z from 'zod';
import { nameComponent } from '../../platform/storage/index-name';
import { record, time, type RecordType } from '../../platform/storage/record-schema';
import type { Grant } from './grant';

/** Whose challenges: all of a client, all of a subject, or those of a subject at a client. */
export interface ChallengeOwner {
  readonly sub?: string;
  readonly clientId?: string;
}

/** Challenges that began until `at` (milliseconds since the epoch) cannot be redeemed any more. */
export type NotBefore = z.infer<typeof notBeforeSchema>;

const notBeforeSchema = record({
  /** The result of {@link endName}. */
  name: z.string(),
  at: time,
  expiresAt: time,
});

export const notBeforeRecords: RecordType<NotBefore> = {
  name: 'not_befores',
  schema: notBeforeSchema,
  key: 'name',
};

/** The longest lifetime of a challenge, in milliseconds; a notBefore is kept for as long. */
export const longestChallengeMs = 3_600_000;

/** Characters. Longer names are hashed: there are few ends, and a redemption asks for three. */
const longestInName = 200;

/** A client's access to the subject was ended while the session lived; `id` distinguishes successive ends. */
export type AccessEnd = z.infer<typeof accessEndSchema>;

export const accessEndSchema = record({
  clientId: z.string(),
  id: z.string(),
});

/** Most access ends that a session remembers: the latest. */
export const accessEndsAtMost = 50;

/** What a session says about the codes that were issued in it. */
export interface SessionEnd {
  readonly endedAt?: number;
  /** In order; the latest last. */
  readonly accessEnds?: readonly AccessEnd[];
}

/** Decides whether a challenge began before or after an end. */
export interface Beginnings {
  readonly createdAt: number;
  /** Of a code: the latest end of its client's access that its session knew when it was issued. */
  readonly accessEnd?: string;
}

/** The end of everything that an owner began until `at`. */
export function notBefore(owner: ChallengeOwner, at: number): NotBefore {
  return { name: endName(owner), at, expiresAt: at + longestChallengeMs };
}

/** Id of the latest end of the client's access that the session knows. */
export function accessEndOf({ accessEnds = [] }: SessionEnd, clientId: string): string | undefined {
  return accessEnds.findLast((each) => each.clientId === clientId)?.id;
}

/** True when the session, or the client's access in it, ended after the code or grant began. */
export function endedSince(
  { endedAt, accessEnds = [] }: Omit<SessionEnd, 'endedAt'> & { readonly endedAt?: number | Date },
  clientId: string,
  { accessEnd }: Beginnings,
): boolean {
  const latest = accessEndOf({ accessEnds }, clientId);
  return endedAt !== undefined || (latest !== undefined && latest !== accessEnd);
}

/** The key under which the end of an owner's challenges is stored. */
export function endName({ sub, clientId }: ChallengeOwner): string {
  const client = clientId === undefined ? '' : nameComponent(clientId, longestInName);
  return sub === undefined ? `client ${client}` : `subject ${nameComponent(sub, longestInName)}${client}`;
}

/** The names of all ends that apply to this owner. */
export function endNamesOf({ sub, clientId }: ChallengeOwner): string[] {
  const names = sub === undefined ? [] : [endName({ sub })];
  if (clientId === undefined) return names;
  return [endName({ clientId }), ...names, ...(sub === undefined ? [] : [endName({ sub, clientId })])];
}

/** The owner of a grant. */
export function ownerIn({ authentication, clientId }: Pick<Grant, 'authentication' | 'clientId'>): ChallengeOwner {
  return { sub: authentication.sub, clientId };
}
