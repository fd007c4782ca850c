import { spreadOf } from '../figures';
import { cpuRatio, type Figure, type Part, partOf } from '../report';
import { alternate, type Contender, type Measured } from '../rounds';
import { floor, service } from '../servers';
import type { Settings } from '../settings';

interface Row extends Pick<Contender, 'model' | 'scope'> {
  readonly what: string;
  readonly env?: Readonly<Record<string, string>>;
}

const rows: readonly Row[] = [
  { what: 'PKCE, ES256', model: 'pkce', scope: 'profile' },
  { what: 'PKCE, ES256, with refresh and ID token', model: 'pkce', scope: 'openid offline_access' },
  { what: 'PKCE, RS256', model: 'pkce', scope: 'profile', env: { SIGNING_ALG: 'RS256' } },
  { what: 'wallet', model: 'wallet' },
];

/** Every login on the embedded store, and on its floor. */
export async function measureLogins(settings: Settings): Promise<Part> {
  const figures: Figure[] = [];
  const all: Measured[] = [];
  for (const { what, env, ...load } of rows) {
    const [tessera, lowest] = await alternate(
      [
        { ...load, name: `Tessera: ${what}`, server: service(env) },
        { ...load, name: `floor: ${what}`, server: floor() },
      ],
      settings,
    );
    figures.push(cpuRatio(`${what}, to the floor`, tessera, lowest));
    if (what === 'wallet') figures.push(peakOf(tessera));
    all.push(tessera, lowest);
  }
  return partOf(
    {
      title: 'Logins, to the floor',
      about:
        'CPU of a complete login, over all threads of the server. The floor (`bench/floor.ts`) is both logins on the same parts ' +
        '(Fastify, LMDB, jose, ox) with the same promises and nothing else: no Nest, no log, no metrics, no audit trail, ES256 alone.',
    },
    settings,
    figures,
    all,
  );
}

function peakOf({ rounds }: Measured): Figure {
  const spread = spreadOf(rounds.map(({ peak }) => peak));
  return { what: 'peak memory of a wallet run', spread, unit: 'MiB', goal: 220, disturbed: false };
}
