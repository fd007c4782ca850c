import { describe, expect, it } from '@jest/globals';
import { hashSecret } from '../credentials/secret';
import { secretMatches, withNewSecret } from './client-secrets';

const now = 1_000_000;
const later = now + 60_000;

describe('the secrets of a client', () => {
  const before = { secrets: [{ hash: hashSecret('old') }] };

  it('given a client without a secret, when any is shown, then it does not match', () => {
    expect(secretMatches({}, '', now)).toBe(false);
    expect(secretMatches({ secrets: [] }, 'old', now)).toBe(false);
  });

  it('given another secret without overlap, when the old one is shown, then it does not match any more', () => {
    const secrets = withNewSecret(before, 'new', now, now);

    expect(secretMatches({ secrets }, 'new', now)).toBe(true);
    expect(secretMatches({ secrets }, 'old', now)).toBe(false);
  });

  it('given an overlap, when both are shown, then both match until its end, and then the new one alone', () => {
    const secrets = withNewSecret(before, 'new', now, later);

    expect([secretMatches({ secrets }, 'new', later - 1), secretMatches({ secrets }, 'old', later - 1)]).toEqual([
      true,
      true,
    ]);
    expect([secretMatches({ secrets }, 'new', later), secretMatches({ secrets }, 'old', later)]).toEqual([true, false]);
  });

  it('given two that overlap, when a third is made, then the oldest is gone', () => {
    const two = { secrets: withNewSecret(before, 'new', now, later) };

    const secrets = withNewSecret(two, 'newest', now, later);

    expect(secrets).toEqual([{ hash: hashSecret('newest') }, { hash: hashSecret('new'), until: later }]);
  });

  it('given one that ends soon, when another is made with a longer overlap, then it ends no later for it', () => {
    const ending = { secrets: [{ hash: hashSecret('old'), until: now + 1 }] };

    expect(withNewSecret(ending, 'new', now, later)[1]).toEqual({ hash: hashSecret('old'), until: now + 1 });
  });
});
