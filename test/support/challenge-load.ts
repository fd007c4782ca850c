import { LmdbChallengeStore } from '../../src/challenges/lmdb-challenge-store';
import { LmdbDatabase } from '../../src/storage/lmdb-database';
import { sampleChallenges } from './sample-challenges';
import { redeemed } from './redeemed';

/** One answer that the store gave: `saved` or `consumed`, and the id. */
export type Answer = readonly ['saved' | 'consumed', string];

/**
 * Saves and consumes until it is killed, and reports every answer. Of four challenges that it saves, one is never
 * consumed; the others are, by this process and by the one named `rival` at the same time.
 */
async function main([directory = '', own = '', rival = '']: readonly string[]): Promise<void> {
  const challenges = new LmdbChallengeStore(new LmdbDatabase(directory, Date.now));

  const consume = async (id: string) => {
    if (await redeemed(challenges, 'wallet_challenge', id, {}, Date.now())) report('consumed', id);
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
    const spendable = numbers.filter((number) => number % 4 !== 0);
    await Promise.all(spendable.flatMap((number) => [consume(`${own}-${number}`), consume(`${rival}-${number}`)]));
  }
}

function report(...answer: Answer): void {
  process.send?.(answer);
}

void main(process.argv.slice(2));
