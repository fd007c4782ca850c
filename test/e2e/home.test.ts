import { afterAll, describe, expect, it } from '@jest/globals';
import { fixture } from '../support/run/fixture';
import { startService, type TestService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const callbacks = ['/demo/spa/callback', '/demo/web/callback'];

async function pageOf({ url }: TestService, path = '/'): Promise<{ response: Response; page: string }> {
  const response = await fetch(url + path, { headers: html });
  return { response, page: await response.text() };
}

describe.each(storesUnderTest)('the page of the comparison, on %s', (store) => {
  const service = fixture(() => startService(store, { AUTHORIZATION_CODE_TTL: '41', WALLET_CHALLENGE_TTL: '123' }));

  it.each(['/', ...callbacks])(
    'given %s, when a browser opens it, then it is a page that is locked down',
    async (path) => {
      const { response, page } = await pageOf(service, path);

      const policy = response.headers.get('content-security-policy') ?? '';
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('referrer-policy')).toBe('no-referrer');
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/unsafe-|https?:/);
      expect(page).not.toMatch(/<style|<script(?![^>]* src="\/assets\/)|\sstyle=|\son\w+=/);
    },
  );

  it('given the settings, when the page names a lifetime, then it is theirs', async () => {
    const { page } = await pageOf(service);

    expect(page).toContain('for 41 seconds at most');
    expect(page).toContain('for 123 seconds at most');
  });

  it('given GET /compare, when the page shows the table, then each of its aspects is a row', async () => {
    const compared = (await (await fetch(`${service.url}/compare`)).json()) as { aspects: { id: string }[] };

    const { page } = await pageOf(service);

    const rows = [...page.matchAll(/ id="aspect-([^"]+)"/g)].map(([, id]) => id);
    expect(rows).toEqual(compared.aspects.map(({ id }) => id));
    expect(rows.length).toBeGreaterThanOrEqual(12);
  });

  it('given a code in the address of a callback, when the page is rendered, then it is not in it', async () => {
    const { page } = await pageOf(service, '/demo/spa/callback?code=secret-code&state=s');

    expect(page).not.toContain('secret-code');
    expect(service.log.join('')).not.toContain('secret-code');
  });
});

describe('the page of the comparison in production', () => {
  const token = 'an-admin-token-of-32-characters.';
  let service: TestService;

  afterAll(() => service.stop());

  it('given COMPARISON=on and no admin token, when the page is opened, then runs and the login by hand are off, and the table is there', async () => {
    service = await startService('lmdb', { NODE_ENV: 'production', COMPARISON: 'on' });

    const { page } = await pageOf(service);

    expect(page).toContain('Runs are switched off on this server.');
    expect(page).toContain(' id="aspect-single-use"');
    expect(page).not.toMatch(/Log in by hand|Start the run|user0|demo-/);
  });

  it.each(callbacks)('given %s, when it is opened, then there is nothing', async (path) => {
    const { response } = await pageOf(service, path);

    expect(response.status).toBe(404);
  });

  it('given COMPARISON=on and an admin token, when the page is opened, then it says that runs take the admin token', async () => {
    await service.stop();
    service = await startService('lmdb', { NODE_ENV: 'production', COMPARISON: 'on', ADMIN_TOKEN: token });

    const { page } = await pageOf(service);

    expect(page).toContain('they take the admin token');
    expect(page).not.toContain('Start the run');
  });
});
