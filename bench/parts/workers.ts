import { cpuRatio, type Part, partOf } from '../report';
import { alternate, type Contender } from '../rounds';
import { service } from '../servers';
import type { Settings } from '../settings';

/** What a second worker adds to the cost of a login. */
export async function measureWorkers(settings: Settings): Promise<Part> {
  // Each of two workers gets half of the logins, so all servers warm up for twice as long.
  const longer = { ...settings, warmUpSeconds: 2 * settings.warmUpSeconds };
  const measured = await alternate([...contenders('pkce'), ...contenders('wallet')], longer);
  const [pkceTwo, pkceOne, pkceBeside, walletTwo, walletOne, walletBeside] = measured;
  if (!pkceTwo || !pkceOne || !pkceBeside || !walletTwo || !walletOne || !walletBeside) {
    throw new Error('a contender is missing');
  }
  return partOf(
    {
      title: 'Two workers, to one',
      about:
        'CPU of a login over all processes, those of two workers on the one core that one has. Two processes that take ' +
        'turns on a core cost more than one that has it for itself, whatever they do: two services that share ' +
        'nothing but the core show how much, and what two workers cost beyond them is the price of the shared store.',
    },
    longer,
    [
      cpuRatio('PKCE, WORKERS=2 to 1', pkceTwo, pkceOne, 1.15),
      cpuRatio('PKCE, two separate services to 1', pkceBeside, pkceOne),
      cpuRatio('PKCE, WORKERS=2 to two separate services', pkceTwo, pkceBeside),
      cpuRatio('wallet, WORKERS=2 to 1', walletTwo, walletOne, 1.15),
      cpuRatio('wallet, two separate services to 1', walletBeside, walletOne),
      cpuRatio('wallet, WORKERS=2 to two separate services', walletTwo, walletBeside),
    ],
    measured,
  );
}

function contenders(model: Contender['model']): Contender[] {
  const one = { server: service({ WORKERS: '1' }), model, scope: 'profile' };
  return [
    { ...one, name: `Tessera: ${model}, WORKERS=2`, server: service({ WORKERS: '2' }) },
    { ...one, name: `Tessera: ${model}, WORKERS=1` },
    { ...one, name: `Tessera: ${model}, WORKERS=1 beside another service`, besideItsLike: true },
  ];
}
