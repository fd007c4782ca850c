import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tesseraHere } from './tessera-command';
import type { TestStore } from './stores';

const page = readFileSync(join(__dirname, '../../docs/clients.md'), 'utf8');

/** What stands on the page, and what stands for it in a test: URLs of the placeholders, and settings of the environment. */
export interface Substitutes {
  readonly issuer?: string;
  readonly app?: string;
  /** Of the MCP server. */
  readonly mcp?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Files that the commands read, as `$(cat NAME)`. */
  readonly files?: Readonly<Record<string, string>>;
}

/** The packages that a module of the page imports, by their names. */
export type Packages = Readonly<Record<string, object>>;

/** The headings of docs/clients.md that are about one client each. */
export const guides: readonly string[] = [...page.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading);

/** What the page has under a heading in blocks of this language. */
export function blocksOf(heading: string, language: string, substitutes: Substitutes = {}): string[] {
  const section = page.split(/^## /m).find((each) => each.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`docs/clients.md has no section ${heading}`);
  const blocks = [...section.matchAll(/^```(\w+)\n(.*?)^```/gms)];
  return blocks.flatMap(([, of, block = '']) => (of === language ? [substituted(block, substitutes)] : []));
}

/** Runs the commands under a heading on a store, and returns what each registered. */
export async function registerAs(
  heading: string,
  store: TestStore,
  substitutes: Substitutes = {},
): Promise<Record<string, unknown>[]> {
  const lines = blocksOf(heading, 'sh', substitutes).join('').replaceAll('\\\n', '').split('\n');
  const registered: Record<string, unknown>[] = [];
  for (const line of lines.filter((each) => each !== '')) {
    const [, command] = /^npm run --silent tessera -- (.*)$/.exec(line) ?? [];
    if (command === undefined) throw new Error(`not a command of ours: ${line}`);
    const words = wordsOf(command).map((word) => substitutes.files?.[/^\$\(cat (.+)\)$/.exec(word)?.[1] ?? ''] ?? word);
    const { status, stdout, stderr } = await tesseraHere([...words, '--json'], store.env);
    if (status !== 0) throw new Error(`${line}: ${stderr}`);
    registered.push(JSON.parse(stdout) as Record<string, unknown>);
  }
  return registered;
}

/** The secret of the client that the commands under the heading registered. */
export function secretOf(registered: readonly Readonly<Record<string, unknown>>[]): string {
  const secret = registered.find((each) => each['client_secret'] !== undefined)?.['client_secret'];
  if (typeof secret !== 'string') throw new Error('no secret was made');
  return secret;
}

/** Runs a module of the page and returns what it exports. */
export async function runModule<Exports>(
  block: string,
  packages: Packages,
  { env = {} }: Substitutes,
): Promise<Exports> {
  const exported = [...block.matchAll(/^export (?:async )?(?:const|function) (\w+)/gm)].map(([, name = '']) => name);
  const body = block
    .replaceAll(/^import \* as (\w+) from '(.+)';$/gm, `const $1 = packages['$2'];`)
    .replaceAll(/^import (\{[^}]+\}) from '(.+)';$/gm, `const $1 = packages['$2'];`)
    .replaceAll(/^import (\w+) from '(.+)';$/gm, `const $1 = packages['$2'].default;`)
    .replaceAll(/^export (?=async|const|function)/gm, '');
  // oxlint-disable-next-line no-new-func -- the page's code is run as it is read there.
  const run = new AsyncFunction('packages', 'process', `${body}\nreturn { ${exported.join(', ')} };`);
  return run(packages, { env }) as Promise<Exports>;
}

const AsyncFunction = (async () => {}).constructor as new (
  ...of: string[]
) => (...given: unknown[]) => Promise<unknown>;

function substituted(block: string, { issuer, app, mcp }: Substitutes): string {
  const hosts = { login: issuer, app, mcp };
  return block.replaceAll(/https:\/\/(login|app|mcp)\.example\.com/g, (placeholder, name: keyof typeof hosts) => {
    return hosts[name] ?? placeholder;
  });
}

/** The words of a command, as a shell reads them. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ''));
}
