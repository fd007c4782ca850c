import { grantIdFor } from '../../../src/domain/challenges/grant';
import { LmdbChallengeStore } from '../../../src/domain/challenges/lmdb-challenge-store';
import { LmdbDatabase } from '../../../src/platform/storage/lmdb-database';
import { sampleChallenges } from './sample-challenges';
import { sampleGrant } from './sample-grants';

/** One answer that the store gave: `saved` or `redeemed`, and the id. */
export type Answer = readonly ['saved' | 'redeemed', string];

/**
 * Saves and redeems until it is killed, and reports every answer. Of four challenges that it saves, one is never
 * redeemed; the others are, by this process and by the one named `rival` at the same time, each for its grant.
 */
async function main([directory = '', own = '', rival = '']: readonly string[]): Promise<void> {
  const challenges = new LmdbChallengeStore(new LmdbDatabase(directory, Date.now));

  const redeem = async (id: string) => {
    const now = Date.now();
    const begin = () => ({ grant: sampleGrant(now, { id: grantIdFor('wallet_challenge', id) }) });
    if (await challenges.redeem('wallet_challenge', id, {}, now, begin)) report('redeemed', id);
  };
  for (let count = 0; ; count += 4) {
    const numbers = [count, count + 1, count + 2, count + 3];
    await Promise.all(
      numbers.map(async (number) => {
        const id = `${own}-${number}`;
        await challenges.save({ ...sampleChallenges(Date.now()).wallet_challenge, id });
        report('saved', id);
      }),
    );
    const given = numbers.filter((number) => number % 4 !== 0);
    await Promise.all(given.flatMap((number) => [redeem(`${own}-${number}`), redeem(`${rival}-${number}`)]));
  }
}

function report(...answer: Answer): void {
  process.send?.(answer);
}

void main(process.argv.slice(2));
