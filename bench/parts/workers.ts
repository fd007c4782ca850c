import { cpuRatio, type Figure, type Part, partOf } from '../report';
import { alternate, type Contender, type Measured } from '../rounds';
import { service } from '../servers';
import type { Settings } from '../settings';

/** What a second worker adds to the cost of a login. */
export async function measureWorkers(settings: Settings): Promise<Part> {
  // Each of two workers gets half of the logins, so all servers warm up for twice as long.
  const longer = { ...settings, warmUpSeconds: 2 * settings.warmUpSeconds };
  const figures: Figure[] = [];
  const all: Measured[] = [];
  for (const model of ['pkce', 'wallet'] as const) {
    const one: Omit<Contender, 'name'> = { server: service({ WORKERS: '1' }), model, scope: 'profile' };
    const measured = await alternate(
      [
        { ...one, name: `Tessera: ${model}, WORKERS=2`, server: service({ WORKERS: '2' }) },
        { ...one, name: `Tessera: ${model}, WORKERS=1` },
        { ...one, name: `Tessera: ${model}, WORKERS=1 beside another service`, besideItsLike: true },
      ],
      longer,
    );
    const [two, alone, beside] = measured;
    figures.push(
      cpuRatio(`${model}, WORKERS=2 to 1`, two, alone),
      cpuRatio(`${model}, two separate services to 1`, beside, alone),
      cpuRatio(`${model}, WORKERS=2 to two separate services`, two, beside, 1.15),
    );
    all.push(...measured);
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
    figures,
    all,
  );
}
