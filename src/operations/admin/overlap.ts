import { FieldError } from '../../platform/fields/field-error';

const longestOverlap = 2_592_000;

/** Seconds that an old secret stays valid. Throws: {@link FieldError}. */
export function overlapOf(seconds: unknown): number {
  const isAllowed = Number.isInteger(seconds) && Number(seconds) >= 0 && Number(seconds) <= longestOverlap;
  if (!isAllowed) throw new FieldError('expires_old_in', `seconds, from 0 to ${longestOverlap}`);
  return Number(seconds);
}
