import { spreadOf } from '../figures';
import { type Part, partOf } from '../report';
import { alternate } from '../rounds';
import { service } from '../servers';
import type { Settings } from '../settings';

/** What the service still holds after minutes of wallet logins. */
export async function measureLong(settings: Settings): Promise<Part> {
  const { longSeconds: seconds } = settings;
  const once = { ...settings, rounds: 1, warmUpSeconds: 0, seconds };
  const contender = { name: `Tessera: wallet, ${seconds} s`, server: service(), model: 'wallet' } as const;
  const measured = await alternate([contender], once);
  const rounds = measured.flatMap((each) => each.rounds);
  const resident = spreadOf(rounds.map((round) => round.resident));
  return partOf(
    { title: 'Memory', about: `What is resident at the end of ${seconds} s of wallet logins.` },
    once,
    [
      {
        what: `resident after ${seconds} s of wallet logins`,
        spread: resident,
        unit: 'MiB',
        goal: 260,
        disturbed: false,
      },
    ],
    measured,
  );
}
