import { spreadOf } from '../figures';
import { dropDatabase, withDatabase } from '../mongodb';
import { cpuRatio, type Figure, type Part, partOf } from '../report';
import { alternate, type Contender, type Measured } from '../rounds';
import { floor, service } from '../servers';
import type { Settings } from '../settings';

interface Row {
  readonly what: string;
  readonly model: Contender['model'];
  readonly scope?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly goal?: number;
  /** Whether the lower floor runs beside it. */
  readonly plain?: boolean;
}

const rows: readonly Row[] = [
  { what: 'PKCE, ES256', model: 'pkce', scope: 'profile', goal: 1.1, plain: true },
  { what: 'PKCE, ES256, with refresh and ID token', model: 'pkce', scope: 'openid offline_access' },
  { what: 'PKCE, RS256', model: 'pkce', scope: 'profile', env: { SIGNING_ALG: 'RS256' } },
  { what: 'wallet', model: 'wallet', goal: 1.1, plain: true },
];

/** Every login on the embedded store, and on its floor. */
export async function measureLogins(settings: Settings): Promise<Part> {
  return measureRows(
    settings,
    rows,
    {},
    {
      title: 'Logins, to the floor',
      about:
        'CPU of a complete login, over all threads of the server. The floor (`bench/floor`) is a small server on the same ' +
        'parts (Nest on Fastify, LMDB, jose, ox, pino, prom-client) that keeps the same promises and does little else; the ' +
        'lower floor signs on its own thread and has plain Fastify routes.',
    },
  );
}

/** The two logins on MongoDB, and on the floor's. */
export async function measureMongodb(settings: Settings): Promise<Part> {
  if (settings.mongodbUri === undefined) throw new Error('MONGODB_URI is not set');
  const uri = withDatabase(settings.mongodbUri, 'tessera_bench');
  await dropDatabase(uri);
  const twoRows = rows
    .filter(({ plain }) => plain)
    .map(({ what, model, scope }) => ({ what: `${what}, MongoDB`, model, ...(scope !== undefined && { scope }) }));
  return measureRows(
    settings,
    twoRows,
    { MONGODB_URI: uri },
    {
      title: 'Logins on MongoDB, to the floor on MongoDB',
      about: "The same on MongoDB; the database's own CPU is in no figure, and other work is not told from it.",
    },
  );
}

async function measureRows(
  settings: Settings,
  chosen: readonly Row[],
  env: Readonly<Record<string, string>>,
  text: Pick<Part, 'title' | 'about'>,
): Promise<Part> {
  const figures: Figure[] = [];
  const all: Measured[] = [];
  for (const row of chosen) {
    const { what, model, scope = '', goal } = row;
    const rowEnv = { ...env, ...row.env };
    const [tessera, lowest, plain] = await alternate(
      [
        { name: `Tessera: ${what}`, server: service(rowEnv), model, scope },
        { name: `floor: ${what}`, server: floor(rowEnv), model, scope },
        ...(row.plain
          ? [{ name: `lower floor: ${what}`, server: floor({ ...rowEnv, FLOOR: 'plain' }), model, scope }]
          : []),
      ],
      settings,
    );
    if (tessera === undefined || lowest === undefined) throw new Error('a contender is missing');
    figures.push(cpuRatio(`${what}, to the floor`, tessera, lowest, goal));
    if (plain !== undefined) figures.push(cpuRatio(`${what}, to the lower floor`, tessera, plain));
    if (what === 'wallet') figures.push(peakOf(tessera));
    all.push(tessera, lowest, ...(plain === undefined ? [] : [plain]));
  }
  return partOf(text, settings, figures, all);
}

function peakOf({ rounds }: Measured): Figure {
  const spread = spreadOf(rounds.map(({ peak }) => peak));
  return { what: 'peak memory of a wallet run', spread, unit: 'MiB', goal: 220, disturbed: false };
}
