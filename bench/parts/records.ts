import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fill } from '../fill';
import { ratios } from '../figures';
import { dropDatabase, withDatabase } from '../mongodb';
import { cpuRatio, type Figure, type Part, partOf } from '../report';
import { alternate, type Contender, type Measured } from '../rounds';
import { service } from '../servers';
import type { Settings } from '../settings';
import { startOnce } from './start';

type StoreEnv = Readonly<Record<string, string>>;

interface Stores {
  readonly small: StoreEnv;
  readonly large: StoreEnv;
}

/** One record in so many has expired when a round begins, and is swept in it. */
const oneExpiredIn = 100;
const goal = 1.1;

/** What a million records cost: a login, and the start. */
export async function measureRecords(settings: Settings): Promise<Part> {
  const [few, many] = settings.records;
  const parts = [await onEmbeddedStore(settings)];
  if (settings.mongodbUri !== undefined) parts.push(await onMongodb(settings, settings.mongodbUri));
  return partOf(
    {
      title: 'A store full of records',
      about:
        `A PKCE login and a start with ${many} records in the store, to the same with ${few}: half challenges, half ` +
        `grants, one in ${oneExpiredIn} of them expired; ${settings.recordsSeconds} s are counted, so that a sweep is among them.`,
    },
    parts.flatMap(({ figures }) => figures),
    parts.flatMap(({ measured }) => measured),
  );
}

async function onEmbeddedStore(settings: Settings) {
  const directory = mkdtempSync(join(tmpdir(), 'tessera-records-'));
  try {
    const stores = { small: { DATA_DIR: join(directory, 'small') }, large: { DATA_DIR: join(directory, 'large') } };
    return await compare('LMDB', stores, settings);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function onMongodb(settings: Settings, uri: string) {
  const [small, large] = [withDatabase(uri, 'tessera_bench_small'), withDatabase(uri, 'tessera_bench_large')];
  const drop = async () => {
    for (const each of [small, large]) await dropDatabase(each);
  };
  await drop();
  try {
    return await compare('MongoDB', { small: { MONGODB_URI: small }, large: { MONGODB_URI: large } }, settings);
  } finally {
    await drop();
  }
}

async function compare(
  name: string,
  { small, large }: Stores,
  settings: Settings,
): Promise<{ figures: Figure[]; measured: Measured[] }> {
  const [few, many] = settings.records;
  for (const [env, live] of [
    [small, few],
    [large, many],
  ] as const) {
    console.error(`filling ${name} with ${live} records`);
    await fill(env, { live, expired: 0 });
  }
  const starts = await alternateStarts({ small, large }, settings.starts);
  const contender = (env: StoreEnv, live: number): Contender => {
    return { name: `Tessera: PKCE, ${name}, ${live} records`, server: service(env), model: 'pkce', scope: 'profile' };
  };
  const contenders = [contender(large, many), contender(small, few)];
  const measured = await alternate(
    contenders,
    { ...settings, seconds: settings.recordsSeconds },
    async ({ server }) => {
      const live = server.env === contenders[0]?.server.env ? many : few;
      await fill(server.env, { live: 0, expired: Math.ceil(live / oneExpiredIn) });
    },
  );
  const [atMany, atFew] = measured;
  if (atMany === undefined || atFew === undefined) throw new Error('a contender is missing');
  const what = `${many} records to ${few}, ${name}`;
  return {
    figures: [
      cpuRatio(`PKCE login, ${what}`, atMany, atFew, goal),
      { what: `time to start, ${what}`, spread: ratios(starts.large, starts.small), unit: '', goal, disturbed: false },
    ],
    measured,
  };
}

/** Milliseconds from the start to ready, the two stores in turn. */
async function alternateStarts({ small, large }: Stores, times: number): Promise<{ small: number[]; large: number[] }> {
  // The first start of a store makes its keys and demo accounts.
  for (const env of [small, large]) await startOnce(env);
  const measured = { small: [] as number[], large: [] as number[] };
  for (let count = 0; count < times; count += 1) {
    measured.small.push(await startOnce(small));
    measured.large.push(await startOnce(large));
  }
  return measured;
}
