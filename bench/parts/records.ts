import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fill } from '../fill';
import { ratios } from '../figures';
import { dropDatabase, multiply, withDatabase } from '../mongodb';
import { cpuRatio, type Figure, type Part, partOf } from '../report';
import { alternate, type Contender, type Measured } from '../rounds';
import { service } from '../servers';
import type { Settings } from '../settings';
import { isDisturbed, readyAfter, type Start, startOnce } from './start';

type StoreEnv = Readonly<Record<string, string>>;

interface Stores {
  readonly small: StoreEnv;
  readonly large: StoreEnv;
}

/** One record in so many has expired when a round begins, and is swept in it. */
const oneExpiredIn = 100;
const writtenToMongodb = 1_000;
const goal = 1.1;

/** What a million records cost: a login, and the start. */
export async function measureRecords(settings: Settings): Promise<Part> {
  const [few, many] = settings.records;
  const longer = { ...settings, seconds: settings.recordsSeconds };
  const parts = [await onEmbeddedStore(longer)];
  if (settings.mongodbUri !== undefined) parts.push(await onMongodb(longer, settings.mongodbUri));
  return partOf(
    {
      title: 'A store full of records',
      about:
        `A PKCE login and a start with ${many} records in the store, to the same with ${few}: half challenges, half ` +
        `grants, one in ${oneExpiredIn} of them expired; a sweep is among what is counted.`,
    },
    longer,
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
): Promise<{ figures: Figure[]; measured: readonly Measured[] }> {
  const [few, many] = settings.records;
  for (const [env, live] of [
    [small, few],
    [large, many],
  ] as const) {
    console.error(`filling ${name} with ${live} records`);
    await fillWith(env, live);
  }
  const starts = await alternateStarts({ small, large }, settings.starts);
  const contender = (env: StoreEnv, live: number): Contender => {
    return { name: `Tessera: PKCE, ${name}, ${live} records`, server: service(env), model: 'pkce', scope: 'profile' };
  };
  const [inLarge, inSmall] = [contender(large, many), contender(small, few)];
  const measured = await alternate([inLarge, inSmall], settings, async ({ server }) => {
    const live = server.env === inLarge.server.env ? many : few;
    await fill(server.env, { live: 0, expired: Math.ceil(live / oneExpiredIn) });
  });
  const [atMany, atFew] = measured;
  const what = `${many} records to ${few}, ${name}`;
  return {
    figures: [
      cpuRatio(`PKCE login, ${what}`, atMany, atFew, goal),
      {
        what: `time to start, ${what}`,
        spread: ratios(starts.large.map(readyAfter), starts.small.map(readyAfter)),
        unit: '',
        goal,
        disturbed: [...starts.large, ...starts.small].some(isDisturbed),
      },
    ],
    measured,
  };
}

/** MongoDB makes copies of the first thousand: it keeps its indexes itself, and one by one they would take long. */
async function fillWith(env: StoreEnv, live: number): Promise<void> {
  const uri = env['MONGODB_URI'];
  const written = uri === undefined ? live : Math.min(live, writtenToMongodb);
  await fill(env, { live: written, expired: 0 });
  if (uri === undefined) return;
  for (const collection of ['challenges', 'grants']) await multiply(uri, collection, Math.round(live / written) - 1);
}

/** The two stores in turn. */
async function alternateStarts({ small, large }: Stores, times: number): Promise<{ small: Start[]; large: Start[] }> {
  // The first start of a store makes its keys and demo accounts.
  for (const env of [small, large]) await startOnce(env);
  const measured = { small: [] as Start[], large: [] as Start[] };
  for (let count = 0; count < times; count += 1) {
    measured.small.push(await startOnce(small));
    measured.large.push(await startOnce(large));
  }
  return measured;
}
