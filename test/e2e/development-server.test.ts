import { describe, expect, it } from '@jest/globals';
import { fixture } from '../support/run/fixture';
import { startRun } from '../support/service/comparison';
import { errorOf } from '../support/service/envelope';
import { sendRaw } from '../support/service/raw-http';
import { startService, type TestService } from '../support/service/service';

const token = 'a-token-of-the-metrics-32-letters';

function asked(service: TestService, host: string, path: string, method = 'GET') {
  return sendRaw(service, { method, path, headers: { host } });
}

describe('a development server', () => {
  const service = fixture(() => startService('lmdb', { ISSUER: 'http://auth.test:8080' }));

  it.each(['auth.test:8080', 'AUTH.test', 'localhost:3000', 'LOCALHOST', '127.0.0.1', '127.9.9.9:80', '[::1]:3000'])(
    'given the host %s, when anything is asked for, then it is answered',
    async (host) => {
      const answers = await Promise.all(
        ['/login', '/docs-json', '/debug/state'].map((path) => asked(service, host, path)),
      );

      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    },
  );

  it.each([
    'attacker.example',
    'attacker.example:3000',
    'localhost.attacker.example',
    'auth.test.attacker.example',
    'xauth.test',
    '127.0.0.1.attacker.example',
    '192.168.1.5:3000',
    '0.0.0.0',
    'localhost:3000:3000',
    'localhost@attacker.example',
    '[::2]',
  ])('given the host %j, when anything is asked for, then it is 421 in the envelope', async (host) => {
    const paths = ['/', '/login', '/debug/state', '/.well-known/jwks.json', '/assets/pages.css', '/nothing'];
    const answers = await Promise.all(paths.map((path) => asked(service, host, path)));
    const posted = await asked(service, host, '/compare/runs', 'POST');

    for (const { status, text } of [...answers, posted]) {
      expect(status).toBe(421);
      expect(JSON.parse(text)).toEqual({ error: 'invalid_request', error_description: expect.any(String) });
    }
  });

  it.each(['/health/live', '/health/ready', '/metrics'])(
    'given a foreign host, when %s is asked for, then it is answered all the same',
    async (path) => {
      expect((await asked(service, '10.0.0.7:3000', path)).status).toBe(200);
    },
  );

  it.each(['cross-site', 'same-site'])(
    'given Sec-Fetch-Site: %s, when a comparison is to be started, then it is 421',
    async (site) => {
      const response = await startRun(service.url, {}, { 'sec-fetch-site': site });

      expect(await errorOf(response)).toMatchObject({ status: 421, error: 'invalid_request', reason: 'cross_site' });
    },
  );

  it('given limits and another site that makes a browser start runs, when it goes on, then its person still may', async () => {
    const limited = await startService('lmdb', { RATE_LIMIT: 'on' });
    const startFrom = (site: string) => startRun(limited.url, {}, { 'sec-fetch-site': site });

    const forged = await Promise.all(Array.from({ length: 7 }, () => startFrom('cross-site')));
    const own = await startFrom('same-origin');
    await limited.stop();

    expect(new Set(forged.map(({ status }) => status))).toEqual(new Set([421]));
    expect(own.status).toBe(201);
  });
});

describe('a production server', () => {
  const production = { NODE_ENV: 'production', ISSUER: 'https://auth.example' };
  const service = fixture(() => startService('lmdb', production));

  it('given no metrics token, when the metrics are asked for, then there is nothing, whoever asks', async () => {
    const answers = [await asked(service, 'auth.example', '/metrics'), await asked(service, 'x', '/metrics', 'POST')];

    expect(answers.map(({ status }) => status)).toEqual([404, 404]);
  });

  it('given any host, when it is asked, then it answers: names are the proxy’s business', async () => {
    expect((await asked(service, 'internal.example', '/.well-known/openid-configuration')).status).toBe(200);
  });

  it('given a metrics token, when it is missing or wrong, then it is 401, and with it the figures', async () => {
    const guarded = await startService('lmdb', { ...production, METRICS_TOKEN: token });
    const ask = (authorization?: string) =>
      fetch(`${guarded.url}/metrics`, { headers: authorization === undefined ? {} : { authorization } });

    const refused = [await ask(), await ask('Bearer x'), await ask(`Bearer ${token}x`), await ask(`Basic ${token}`)];
    const right = await ask(`Bearer ${token}`);
    const figures = await right.text();
    await guarded.stop();

    expect(refused.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    expect(await refused[0]?.json()).toMatchObject({ error: 'invalid_token', reason: 'metrics_token_required' });
    expect(refused[0]?.headers.get('www-authenticate')).toBe(`Bearer realm="${guarded.config.issuer}"`);
    expect(right.status).toBe(200);
    expect(figures).toContain('tessera_login_requests_total');
  });
});
