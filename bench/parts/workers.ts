import { cpuRatio, type Part, partOf } from '../report';
import { alternate } from '../rounds';
import { service } from '../servers';
import type { Settings } from '../settings';

/** What a second worker adds to the cost of a login. */
export async function measureWorkers(settings: Settings): Promise<Part> {
  // Each of two workers gets half of the logins, so both servers warm up for twice as long.
  const longer = { ...settings, warmUpSeconds: 2 * settings.warmUpSeconds };
  const [pkceTwo, pkceOne, walletTwo, walletOne] = await alternate(
    (['pkce', 'wallet'] as const).flatMap((model) =>
      ['2', '1'].map((workers) => ({
        name: `Tessera: ${model}, WORKERS=${workers}`,
        server: service({ WORKERS: workers }),
        model,
        scope: 'profile',
      })),
    ),
    longer,
  );
  if (!pkceTwo || !pkceOne || !walletTwo || !walletOne) throw new Error('a contender is missing');
  return partOf(
    {
      title: 'Two workers, to one',
      about: 'CPU of a login over all processes, those of two workers on the one core that one has.',
    },
    longer,
    [
      cpuRatio('PKCE, WORKERS=2 to 1', pkceTwo, pkceOne, 1.15),
      cpuRatio('wallet, WORKERS=2 to 1', walletTwo, walletOne, 1.15),
    ],
    [pkceTwo, pkceOne, walletTwo, walletOne],
  );
}
