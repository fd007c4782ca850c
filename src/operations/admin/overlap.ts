import { FieldError } from '../../platform/fields/field-error';

const longestOverlap = 2_592_000;

/** Seconds that an old secret stays valid beside a new one; none by default. */
export interface Overlap {
  readonly expires_old_in?: number;
}

/** Throws: {@link FieldError}. */
export function overlapOf(seconds: unknown): Overlap {
  if (seconds === undefined) return {};
  const isAllowed = Number.isInteger(seconds) && Number(seconds) >= 0 && Number(seconds) <= longestOverlap;
  if (!isAllowed) throw new FieldError('expires_old_in', `seconds, from 0 to ${longestOverlap}`);
  return { expires_old_in: Number(seconds) };
}

/** Milliseconds since the epoch. */
export function endOfOld({ expires_old_in: seconds = 0 }: Overlap, now: number): number {
  return now + seconds * 1000;
}
