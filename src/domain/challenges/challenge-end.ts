import * as z from 'zod';
import { nameComponent } from '../../platform/storage/index-name';
import { record, time, type RecordType } from '../../platform/storage/record-schema';
import type { Grant } from './grant';

/** Whose challenges: all of a client, all of a subject, or those of a subject at a client. */
export interface ChallengeHolder {
  readonly sub?: string;
  readonly clientId?: string;
}

/** What began until `at` becomes nothing any more. Milliseconds since the epoch. */
export type ChallengeEnd = z.infer<typeof challengeEndSchema>;

const challengeEndSchema = record({
  /** What {@link endName} makes of the holder. */
  name: z.string(),
  at: time,
  expiresAt: time,
});

export const challengeEndRecords: RecordType<ChallengeEnd> = {
  name: 'endings',
  schema: challengeEndSchema,
  key: 'name',
};

/** The longest that a challenge can live, in milliseconds: for so long its end is remembered. */
export const longestChallengeMs = 3_600_000;

/** Characters: there are few ends, and a redemption asks for three. */
const longestInName = 200;

/** That a client's access to what is the subject's was ended while the session lived: `id` tells it from an earlier end. */
export type AccessEnd = z.infer<typeof accessEndSchema>;

export const accessEndSchema = record({
  clientId: z.string(),
  id: z.string(),
});

/** So many of them a session remembers: the latest. */
export const accessEndsAtMost = 50;

/** What a session tells of the codes that were issued in it. */
export interface SessionEnd {
  readonly endedAt?: number;
  /** The latest last. */
  readonly accessEnds?: readonly AccessEnd[];
}

/** What says whether a challenge began before an end or after it. */
export interface Beginnings {
  readonly createdAt: number;
  /** Of a code: the latest end of its client's access that its session knew of. */
  readonly accessEnd?: string;
}

/** The end of everything that a holder has begun until `at`. */
export function challengeEnd(holder: ChallengeHolder, at: number): ChallengeEnd {
  return { name: endName(holder), at, expiresAt: at + longestChallengeMs };
}

/** The latest end of the client's access that the session knows of, by its id. */
export function accessEndOf({ accessEnds = [] }: SessionEnd, clientId: string): string | undefined {
  return accessEnds.findLast((each) => each.clientId === clientId)?.id;
}

/** True when the session has ended, or the client's access in it, since what began in it did. */
export function endedSince(
  { endedAt, accessEnds = [] }: Omit<SessionEnd, 'endedAt'> & { readonly endedAt?: number | Date },
  clientId: string,
  { accessEnd }: Beginnings,
): boolean {
  const latest = accessEndOf({ accessEnds }, clientId);
  return endedAt !== undefined || (latest !== undefined && latest !== accessEnd);
}

/** What the end of a holder's challenges is found by. */
export function endName({ sub, clientId }: ChallengeHolder): string {
  const client = clientId === undefined ? '' : nameComponent(clientId, longestInName);
  return sub === undefined ? `client ${client}` : `subject ${nameComponent(sub, longestInName)}${client}`;
}

/** The names of all ends that would be one of what this holder has begun. */
export function endNamesOf({ sub, clientId }: ChallengeHolder): string[] {
  const names = sub === undefined ? [] : [endName({ sub })];
  if (clientId === undefined) return names;
  return [endName({ clientId }), ...names, ...(sub === undefined ? [] : [endName({ sub, clientId })])];
}

/** Who holds a grant. */
export function holderIn({ authentication, clientId }: Pick<Grant, 'authentication' | 'clientId'>): ChallengeHolder {
  return { sub: authentication.sub, clientId };
}
