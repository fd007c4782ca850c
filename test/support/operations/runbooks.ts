import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StoreName } from '../stores/stores';

const folder = join(__dirname, '../../../docs/runbooks');

/** Commands of a page, and what the comments behind them say of their end. */
export interface RunbookBlock {
  readonly heading: string;
  readonly commands: string;
  /** What is to be looked for in what they print. */
  readonly prints: RegExp | undefined;
  readonly exit: number;
  /** The only store for which they are. */
  readonly store: StoreName | undefined;
}

export interface Runbook {
  /** Of the file, without `.md`. */
  readonly name: string;
  readonly text: string;
  readonly headings: readonly string[];
  /** What the first block asks to be filled in. */
  readonly variables: readonly string[];
  /** Those behind the first, in their order. */
  readonly blocks: readonly RunbookBlock[];
}

/** The parts of every page but README.md. */
export const runbookHeadings = [
  'What people notice',
  'What the dashboard shows',
  'Find the cause',
  'Fix',
  'See that it worked',
] as const;

/** The pages whose commands are for a store that is away, or a service that does not run. */
export const pagesOfOutages: ReadonlyMap<string, 'store' | 'service'> = new Map([
  ['StoreDown', 'store'],
  ['StoreErrors', 'store'],
  ['ExchangeOutage', 'store'],
  ['f8-slow-exchange', 'store'],
  ['TesseraDown', 'service'],
  ['InstanceDown', 'service'],
]);

/** All pages of docs/runbooks, README.md among them. */
export function runbooks(): readonly Runbook[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .map((file) => pageOf(file.slice(0, -3), readFileSync(join(folder, file), 'utf8')));
}

const fence = /^```sh\n(.*?)^```\n((?:\n?<!-- .*? -->\n)*)/gms;

function pageOf(name: string, text: string): Runbook {
  const [first, ...blocks] = [...text.matchAll(fence)].map(({ 1: commands = '', 2: comments = '', index }) => {
    const said = (what: string) => new RegExp(`<!-- ${what}: (.*?) -->`).exec(comments)?.[1];
    const prints = said('prints');
    return {
      heading: [...text.slice(0, index).matchAll(/^## (.*)$/gm)].at(-1)?.[1] ?? '',
      commands,
      prints: prints === undefined ? undefined : new RegExp(prints, 'm'),
      exit: Number(said('exit') ?? 0),
      store: said('store') as StoreName | undefined,
    };
  });
  return {
    name,
    text,
    headings: [...text.matchAll(/^## (.*)$/gm)].map(([, heading = '']) => heading),
    variables: [...(first?.commands ?? '').matchAll(/^export ([A-Z_]+)=/gm)].map(([, variable = '']) => variable),
    blocks,
  };
}
