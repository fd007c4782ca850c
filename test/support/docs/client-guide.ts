import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from '@swc/core';
import { tesseraHere } from '../operations/tessera-command';
import type { TestStore } from '../stores/stores';

/** What stands on the page, and what stands for it in a test: URLs of the placeholders, and settings of the environment. */
export interface Substitutes {
  readonly issuer?: string;
  readonly app?: string;
  readonly api?: string;
  /** Of the MCP server. */
  readonly mcp?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What a module finds in its environment without importing it, as `location` in a browser. */
  readonly globals?: Readonly<Record<string, unknown>>;
  /** Files that the commands read, as `$(cat NAME)`. */
  readonly files?: Readonly<Record<string, string>>;
}

/** The packages that a module of the page imports, by their names; a default export as `default`. */
export type Packages = Readonly<Record<string, object>>;

/** A page of docs whose blocks are run by tests. */
export interface GuidePage {
  /** Its headings of the second level. */
  readonly headings: readonly string[];

  /** What the page has under a heading in blocks of this language; under `undefined` what all of it has. */
  blocksOf(heading: string | undefined, language: string, substitutes?: Substitutes): string[];

  /** Runs the commands under a heading on a store, and returns what each registered. */
  registerAs(
    heading: string | undefined,
    store: TestStore,
    substitutes?: Substitutes,
  ): Promise<Record<string, unknown>[]>;
}

/** `path` is that of the page in the repository, as `docs/guides/single-page-app.md`. */
export function guidePage(path: string): GuidePage {
  const page = readFileSync(join(__dirname, '../../..', path), 'utf8');

  function blocksOf(heading: string | undefined, language: string, substitutes: Substitutes = {}): string[] {
    const section = heading === undefined ? page : page.split(/^## /m).find((each) => each.startsWith(`${heading}\n`));
    if (section === undefined) throw new Error(`${path} has no section ${heading}`);
    const blocks = [...section.matchAll(/^```(\w+)\n(.*?)^```/gms)];
    return blocks.flatMap(([, of, block = '']) => (of === language ? [substituted(block, substitutes)] : []));
  }

  return {
    headings: [...page.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading),
    blocksOf,
    async registerAs(heading, store, substitutes = {}) {
      const lines = blocksOf(heading, 'sh', substitutes).join('').replaceAll('\\\n', '').split('\n');
      const registered: Record<string, unknown>[] = [];
      for (const line of lines.filter((each) => each !== '' && !each.startsWith('npm install '))) {
        const [, command] = /^npm run --silent tessera -- (.*)$/.exec(line) ?? [];
        if (command === undefined) throw new Error(`not a command of ours: ${line}`);
        const words = wordsOf(command).map(
          (word) => substitutes.files?.[/^\$\(cat (.+)\)$/.exec(word)?.[1] ?? ''] ?? word,
        );
        const { status, stdout, stderr } = await tesseraHere([...words, '--json'], store.env);
        if (status !== 0) throw new Error(`${line}: ${stderr}`);
        registered.push(JSON.parse(stdout) as Record<string, unknown>);
      }
      return registered;
    },
  };
}

/** Of docs/clients.md, whose headings are about one client each. */
export const { headings: guides, blocksOf, registerAs } = guidePage('docs/clients.md');

/** The secret of the client that the commands under the heading registered. */
export function secretOf(registered: readonly Readonly<Record<string, unknown>>[]): string {
  const secret = registered.find((each) => each['client_secret'] !== undefined)?.['client_secret'];
  if (typeof secret !== 'string') throw new Error('no secret was made');
  return secret;
}

/** Runs a module of a page, in JavaScript or TypeScript, and returns what it exports. */
export async function runModule<Exports>(
  block: string,
  packages: Packages,
  { env = {}, globals = {} }: Substitutes = {},
): Promise<Exports> {
  const { code } = transformSync(block, {
    jsc: {
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      target: 'es2022',
    },
    module: { type: 'commonjs' },
  });
  const imported = (name: string) => {
    if (packages[name] === undefined) throw new Error(`the test gives no ${name}`);
    return { ...packages[name], __esModule: true };
  };
  const exported = {};
  const given = { require: imported, exports: exported, process: { env }, ...globals };
  // oxlint-disable-next-line no-new-func -- the page's code is run as it is read there.
  await new AsyncFunction(...Object.keys(given), code)(...Object.values(given));
  return exported as Exports;
}

const AsyncFunction = (async () => {}).constructor as new (
  ...of: string[]
) => (...given: unknown[]) => Promise<unknown>;

function substituted(block: string, { issuer, app, api, mcp }: Substitutes): string {
  const hosts = { login: issuer, app, api, mcp };
  return block.replaceAll(/https:\/\/(login|app|api|mcp)\.example\.com/g, (placeholder, name: keyof typeof hosts) => {
    return hosts[name] ?? placeholder;
  });
}

/** The words of a command, as a shell reads them. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ''));
}
