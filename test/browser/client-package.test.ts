import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { entries, newConsumer } from '../../packages/client/test/support/consumer';
import { launchBrowser, openPage } from '../support/browser/browser';
import { serveLocally } from '../support/run/local-server';
import { fixture } from '../support/run/fixture';

/** The entries that pages load; the others are for servers, and for tests. */
const ofPages = entries.filter((name) => !/\/(?:server|testing|web)\b/.test(name));
const program = `
${ofPages.map((entry, index) => `import * as entry${index} from '${entry}';`).join('\n')}
window.names = { ${ofPages.map((entry, index) => `'${entry}': Object.keys(entry${index}).sort()`).join(', ')} };
`;

/** What those entries import of others, as a page without a bundler has it. */
const peers = ['react', 'vue'];

declare const names: Readonly<Record<string, readonly string[]>>;

describe('@tessera/client as it is published, in chromium', () => {
  const consumer = fixture(newConsumer);
  const server = fixture(async () => {
    const installed = '/node_modules/@tessera/client';
    const { exports } = JSON.parse(readFileSync(join(consumer.folder, installed, 'package.json'), 'utf8')) as {
      exports: Record<string, { import: { default: string } }>;
    };
    const imports = Object.fromEntries(
      ofPages.map((name) => {
        const target = exports[name.replace('@tessera/client', '.')]?.import.default ?? '';
        return [name, join(installed, target)];
      }),
    );
    const bundled = async (contents: string) => {
      const stdin = { contents, resolveDir: consumer.folder };
      const { outputFiles } = await build({ stdin, bundle: true, minify: true, write: false, format: 'esm' });
      return outputFiles[0]?.text ?? '';
    };
    const modules = new Map<string, string>();
    for (const name of peers) {
      const { default: _, ...exported } = (await import(name)) as Record<string, unknown>;
      const contents = `import * as all from '${name}'; export const { ${Object.keys(exported).join(', ')} } = all;`;
      modules.set(`/${name}.js`, await bundled(contents));
      imports[name] = `/${name}.js`;
    }
    const pages: Readonly<Record<string, string>> = {
      '/modules': `<script type="importmap">${JSON.stringify({ imports })}</script><script type="module">${program}</script>`,
      '/bundle': `<script type="module">${await bundled(program)}</script>`,
    };
    const listener: RequestListener = ({ url: path = '' }, response) => {
      const page = pages[path];
      response
        .setHeader('content-type', page === undefined ? 'text/javascript' : 'text/html; charset=utf-8')
        .end(
          page === undefined
            ? (modules.get(path) ?? readFileSync(join(consumer.folder, path)))
            : `<!doctype html><link rel="icon" href="data:,">${page}`,
        );
    };
    return serveLocally(listener, { host: 'localhost' });
  });
  const browser = fixture(launchBrowser);

  it.each(['/modules', '/bundle'])(
    'given the page %s, when it loads every entry, then each has its names and nothing goes wrong',
    async (path) => {
      const { page, problems, context } = await openPage(browser);
      await page.goto(server.url + path);
      await page.waitForFunction(() => 'names' in window);

      const loaded = await page.evaluate(() => names);
      await context.close();

      expect(Object.keys(loaded)).toEqual(ofPages);
      expect(Object.entries(loaded).filter(([, all]) => all.length === 0)).toEqual([]);
      expect(loaded['@tessera/client']).toContain('createClient');
      expect(problems).toEqual([]);
    },
  );
});
