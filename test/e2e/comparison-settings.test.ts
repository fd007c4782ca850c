import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { BrowserSession } from '../support/clients/browser-session';
import { sendPassword } from '../support/clients/login-page';
import { mustBeDefended } from '../../src/apps/comparison/run';
import { adminToken } from '../support/operations/admin';
import { fixture } from '../support/run/fixture';
import { temporaryDirectory } from '../support/run/temporary-directory';
import { finishedRun, pageOf, startRun } from '../support/service/comparison';
import { errorOf } from '../support/service/envelope';
import { startService } from '../support/service/service';
import { startServiceProcess } from '../support/service/service-process';

const comparison = join(__dirname, '../../src/apps/comparison');

/** What the demo's clients are called back at. */
const callbacks = ['/demo/spa/callback', '/demo/web/callback'];

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
    ...callbacks,
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
    const browser = new BrowserSession(service.url);

    const response = await sendPassword(browser);

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

describe('the comparison in production', () => {
  const production = { NODE_ENV: 'production', ISSUER: 'https://auth.example' };
  const authorization = { authorization: `Bearer ${adminToken}` };

  describe('without a setting', () => {
    const service = fixture(() => startService('lmdb', { ...production, ADMIN_TOKEN: adminToken }));

    it('given the admin token, when a run is asked for, then there is nothing', async () => {
      expect((await startRun(service.url, {}, authorization)).status).toBe(404);
    });
  });

  describe('with COMPARISON=on and no admin token', () => {
    const service = fixture(() => startService('lmdb', { ...production, COMPARISON: 'on' }));

    it('given the page, when it is opened, then runs and the login by hand are off, and the table is there', async () => {
      const { page } = await pageOf(service);

      expect(page).toContain('Runs are switched off on this server.');
      expect(page).toContain(' id="aspect-single-use"');
      expect(page).not.toMatch(/Log in by hand|Start the run|user0|demo-/);
    });

    it('given a run, when it is asked for, then runs are off', async () => {
      const response = await startRun(service.url);

      expect(await errorOf(response)).toMatchObject({ status: 403, error: 'access_denied', reason: 'runs_off' });
    });

    it.each(callbacks)('given %s, when it is opened, then there is nothing', async (path) => {
      expect((await pageOf(service, path)).response.status).toBe(404);
    });
  });

  describe('with COMPARISON=on and an admin token', () => {
    const service = fixture(() => startService('lmdb', { ...production, COMPARISON: 'on', ADMIN_TOKEN: adminToken }));

    it('given the page and the comparison, when they are read without the token, then they are open, and the page says that runs take it', async () => {
      const { page } = await pageOf(service);

      expect((await fetch(`${service.url}/compare`)).status).toBe(200);
      expect(page).toContain('they take the admin token');
      expect(page).not.toContain('Start the run');
    });

    it('given a wrong token or none, when a run is asked for, then it is 401', async () => {
      const answers = [
        await startRun(service.url),
        await startRun(service.url, {}, { authorization: `Bearer ${adminToken}x` }),
      ];

      expect(answers.map(({ status }) => status)).toEqual([401, 401]);
      expect(answers[0]?.headers.get('www-authenticate')).toBe('Bearer realm="https://auth.example"');
    });

    it('given the token, a public issuer and rate limits, when a run is made, then it reaches itself and passes', async () => {
      const run = await finishedRun(service.url, {}, authorization);

      expect(run.attacks.filter((attack) => mustBeDefended(attack) && !attack.defended)).toEqual([]);
      expect(run.status).toBe('passed');
    });
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
