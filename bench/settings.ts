import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../test/support/run/repository';

export const usage = `npm run bench -- [options]

  --long        wallet logins for 150 s: what stays resident
  --install     what npm ci --omit=dev installs
  --records     a store of 10^6 records beside one of 10^3
  --peers       the peers of ../shared/peers (PEERS_DIR) as well
  --pushed      pushed requests and DPoP, beside one of these peers
  --all         all of these
  --only NAMES  only these parts, separated by commas: logins, workers, start, long, install, records, peers, pushed;
                or budget: what each capability costs a login, held to bench/budget.json (3 minutes, exit status 1)
  --what NAME   with --only budget: this capability alone, in many rounds (4 minutes)
  --record      with --only budget: keeps what was measured as the budget
  --rounds 3    how often each server is measured
  --quick       one short round of everything, to see that it runs: its figures are worth nothing
  --out FILE    the document to write; docs/performance.md, with --quick reports/performance.md

MONGODB_URI adds the rows of MongoDB to records and peers.`;

export interface Settings {
  readonly parts: ReadonlySet<string>;
  /** Whether what is measured becomes the budget. */
  readonly record: boolean;
  /** The capability whose cost alone is measured. */
  readonly what: string | undefined;
  readonly rounds: number;
  readonly users: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** How often a round that other work disturbed is done again, and how long to wait for a quiet machine before each. */
  readonly tries: number;
  readonly quietWithinSeconds: number;
  readonly starts: number;
  readonly longSeconds: number;
  readonly recordsSeconds: number;
  /** Records of the small store and of the large one. */
  readonly records: readonly [number, number];
  readonly mongodbUri: string | undefined;
  readonly peersDirectory: string;
  readonly document: string;
  /** Where the figures of every part are kept until they are measured again. */
  readonly figures: string;
}

const always = ['logins', 'workers', 'start'];
const onDemand = ['long', 'install', 'records', 'peers', 'pushed'] as const;

const full = {
  rounds: 3,
  warmUpSeconds: 10,
  seconds: 8,
  tries: 3,
  quietWithinSeconds: 60,
  starts: 7,
  longSeconds: 150,
  recordsSeconds: 30,
  records: [1_000, 1_000_000],
} as const;

const quick = {
  rounds: 1,
  warmUpSeconds: 0.5,
  seconds: 1,
  tries: 1,
  quietWithinSeconds: 0,
  starts: 1,
  longSeconds: 2,
  recordsSeconds: 2,
  records: [100, 10_000],
} as const;

/** Undefined when help was asked for. Throws: TypeError for an option that is none. */
export function readSettings(args: readonly string[], env: NodeJS.ProcessEnv): Settings | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      long: { type: 'boolean' },
      install: { type: 'boolean' },
      records: { type: 'boolean' },
      peers: { type: 'boolean' },
      pushed: { type: 'boolean' },
      all: { type: 'boolean' },
      only: { type: 'string' },
      record: { type: 'boolean', default: false },
      what: { type: 'string' },
      rounds: { type: 'string' },
      quick: { type: 'boolean' },
      out: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return undefined;
  const mongodbUri = env['MONGODB_URI'] || undefined;
  const added = onDemand.filter((name) => values.all || values[name]);
  const usual = [...always, ...added];
  const chosen = values.quick ? quick : full;
  return {
    ...chosen,
    rounds: values.rounds === undefined ? chosen.rounds : Number(values.rounds),
    parts: new Set(values.only?.split(',') ?? usual),
    record: values.record,
    what: values.what,
    users: 16,
    mongodbUri,
    peersDirectory: env['PEERS_DIR'] || join(root, '../shared/peers'),
    document: values.out ?? join(root, values.quick ? 'reports/performance.md' : 'docs/performance.md'),
    figures: join(root, values.quick ? 'reports/bench-quick.json' : 'reports/bench.json'),
  };
}
