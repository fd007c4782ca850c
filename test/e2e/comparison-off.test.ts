import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openLoginPage } from '../support/clients/login-page';
import { fixture } from '../support/run/fixture';
import { temporaryDirectory } from '../support/run/temporary-directory';
import { startService } from '../support/service/service';
import { startServiceProcess } from '../support/service/service-process';

const comparison = join(__dirname, '../../src/apps/comparison');

describe('the comparison, switched off', () => {
  const service = fixture(() => startService('lmdb', { COMPARISON: 'off' }));

  it.each([
    '/',
    '/compare',
    '/compare/attacks',
    '/compare/runs/1',
    '/compare/runs/1/events',
    '/assets/home.js',
    '/assets/home.css',
    '/demo/spa/callback',
    '/demo/web/callback',
  ])('given %s, when it is asked for, then there is nothing', async (path) => {
    const response = await fetch(service.url + path);

    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: 'invalid_request' });
  });

  it('given a run, when it is asked for, then there is nothing', async () => {
    const response = await fetch(`${service.url}/compare/runs`, { method: 'POST' });

    expect(response.status).toBe(404);
  });

  it.each(['/login', '/docs', '/nothing'])(
    'given %s, when a browser reads the page, then no link leads to the comparison',
    async (path) => {
      const page = await (await fetch(service.url + path, { headers: { accept: 'text/html' } })).text();

      expect(page).not.toMatch(/href="\/(?:"|#|compare)/);
    },
  );

  it('given a login that no client asked for, when it is over, then the browser goes to a page that is there', async () => {
    const { browser, hidden } = await openLoginPage(service.url, '');

    const response = await browser.postForm('/login', { ...hidden, username: 'user0', password: 'password0' });

    const next = response.headers.get('location') ?? '';
    expect((await browser.fetch(next)).status).toBe(200);
  });

  it('given the document of the API, when it is read, then it does not speak of it', async () => {
    const document = (await (await fetch(`${service.url}/docs-json`)).json()) as {
      paths: object;
      tags: { name: string }[];
    };

    expect(Object.keys(document.paths).filter((path) => path === '/' || path.startsWith('/compare'))).toEqual([]);
    expect(document.tags.map(({ name }) => name)).not.toContain('Comparison');
  });
});

describe('what a process loads of the comparison', () => {
  const directory = temporaryDirectory();

  async function loadedWith(setting: string): Promise<string[]> {
    const report = join(directory, `${setting}.json`);
    const env = {
      DATA_DIR: join(directory, 'data'),
      COMPARISON: setting,
      NODE_OPTIONS: `-r ${join(__dirname, '../support/run/report-loaded.cjs')}`,
      LOADED_FILES: report,
    };
    // Not what is built, which is one file.
    const service = await startServiceProcess(env, 'src/main.ts');
    await service.stop();
    return JSON.parse(readFileSync(report, 'utf8')) as string[];
  }

  it.each([
    ['on', true],
    ['off', false],
  ])('given COMPARISON=%s, when the service has started, then that it is loaded is %s', async (setting, expected) => {
    const loaded = await loadedWith(setting);

    expect(loaded.some((file) => file.endsWith('/src/protocols/wallet/wallet.module.ts'))).toBe(true);
    expect(loaded.some((file) => file.startsWith(comparison))).toBe(expected);
  });
});
