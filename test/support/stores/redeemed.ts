import type { ChallengeKind, ChallengeMatch, ChallengeOf } from '../../../src/domain/challenges/challenge';
import { type ChallengeStore, nothing } from '../../../src/domain/challenges/challenge-store';

/** The challenge that this call got, which becomes no grant; undefined when it got none. */
export async function redeemed<Kind extends ChallengeKind>(
  challenges: ChallengeStore,
  kind: Kind,
  id: string,
  match: ChallengeMatch<Kind> = {},
  now = Date.now(),
): Promise<ChallengeOf<Kind> | undefined> {
  return (await challenges.redeem(kind, id, match, now, nothing))?.challenge;
}
