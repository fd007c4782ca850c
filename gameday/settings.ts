import { parseArgs } from 'node:util';
import { join } from 'node:path';
import { root } from '../test/support/run/repository';

export type StoreName = 'embedded' | 'mongodb';

export const usage = `npm run gameday -- [options]

  --store NAME   embedded, mongodb or both (the default: both where MONGODB_URI is set or ../shared/mongo/up is there)
  --only NAMES   only these scenarios, separated by commas; --list names them
  --short        two of them on the embedded store, as CI plays them
  --scale 120    by how much all times of the rules are divided
  --at-once 2    how many scenarios are played at the same time, each with a service and a Prometheus of its own
  --out FILE     the report to write; docs/game-day.md, with --only, --store or --short reports/game-day.md
  --list         the scenarios
  --verbose      what happens, as it happens

The exit status is 1 when an expectation failed.`;

export interface Settings {
  readonly store: StoreName | 'both';
  /** Undefined: all of them. */
  readonly only: ReadonlySet<string> | undefined;
  readonly short: boolean;
  readonly scale: number;
  readonly atOnce: number;
  readonly document: string;
  readonly verbose: boolean;
}

/** Throws: Error for an option, or a value of one, that is none. */
export function readSettings(args: readonly string[]): Settings | 'help' | 'list' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      store: { type: 'string' },
      only: { type: 'string' },
      short: { type: 'boolean', default: false },
      scale: { type: 'string', default: '120' },
      'at-once': { type: 'string', default: '2' },
      out: { type: 'string' },
      list: { type: 'boolean' },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return 'help';
  if (values.list) return 'list';
  const isWhole = values.only === undefined && values.store === undefined && !values.short;
  return {
    store: storeOf(values.store ?? (values.short ? 'embedded' : 'both')),
    only: values.only === undefined ? undefined : new Set(values.only.split(',')),
    short: values.short,
    scale: positive('--scale', values.scale),
    atOnce: positive('--at-once', values['at-once']),
    document: values.out ?? join(root, isWhole ? 'docs/game-day.md' : 'reports/game-day.md'),
    verbose: values.verbose,
  };
}

function storeOf(name: string): Settings['store'] {
  if (name === 'embedded' || name === 'mongodb' || name === 'both') return name;
  throw new Error(`no such store: ${name}`);
}

function positive(option: string, value: string): number {
  const number = Number(value);
  if (!(number >= 1)) throw new Error(`${option} takes a number from 1 on, not ${value}`);
  return number;
}
