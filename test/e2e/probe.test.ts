import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { admin, adminToken } from '../support/operations/admin';
import { fixture } from '../support/run/fixture';
import { type Alter, AlteringProxy, type PassingAnswer } from '../support/service/altering-proxy';
import { freePort } from '../support/run/free-port';
import { startService, type TestService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { tessera, tesseraHere } from '../support/operations/tessera-command';
import { serveLocally } from '../support/run/local-server';

const password = 'correct horse battery';
const callback = 'https://app.example/callback';
const pkceAlone = ['--client', 'probe-spa', '--redirect-uri', callback, '--username', 'probe'];
const walletAlone = ['--wallet-client', 'probe-dapp'];
const both = [...pkceAlone, ...walletAlone];

/** Adds the user and the clients that docs/operations.md has for a probe. */
async function addSynthetic(service: TestService): Promise<void> {
  const answers = [
    await admin(service, 'POST', '/users', { username: 'probe', password }),
    await admin(service, 'POST', '/clients', {
      client_id: 'probe-spa',
      redirect_uris: [callback],
      token_endpoint_auth_method: 'none',
      scope: 'openid',
      first_party: true,
      synthetic: true,
    }),
    await admin(service, 'POST', '/clients', {
      client_id: 'probe-dapp',
      wallet_origin: 'https://app.example',
      token_endpoint_auth_method: 'none',
      synthetic: true,
    }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
}

const elsewhere = 'the server names a URL that is not its own';
const anotherState = 'the state is another one than was sent';

const run = async (args: readonly string[], input = `${password}\n`, env: Record<string, string> = {}) =>
  tesseraHere(['probe', ...args], env, input);

const at =
  (path: string, change: (answer: PassingAnswer) => void): Alter =>
  (request, answer) => {
    if (request.path.startsWith(path)) change(answer);
  };
const replacing =
  (from: string | RegExp, to: string) =>
  (answer: PassingAnswer): void => {
    const { location } = answer.headers;
    if (typeof location === 'string') answer.headers['location'] = location.replace(from, to);
    answer.body = answer.body.replace(from, to);
  };

describe.each(storesUnderTest)('a probe of a service on %s', (store) => {
  const service = fixture(() => startService(store, { ADMIN_TOKEN: adminToken }));
  beforeAll(async () => {
    await addSynthetic(service);
  });

  it('given both clients, when it runs, then each model has had a login, every step is timed, and nothing lives on', async () => {
    const { status, stdout, stderr } = await run([service.url, ...both, '--format', 'json']);

    const report = JSON.parse(stdout);
    const steps = report.logins.map(({ steps: taken }: { steps: { step: string }[] }) => taken.map(({ step }) => step));
    expect([status, stderr, report.success, report.issuer]).toEqual([0, '', true, service.url]);
    expect(steps).toEqual([
      'discovery authorize login_form login resume callback token check resource revoke logout'.split(' '),
      ['discovery', 'challenge', 'sign', 'verify', 'check', 'resource', 'revoke'],
    ]);
    expect(JSON.stringify(report)).not.toMatch(/"duration_ms":(?:-|null|0[,}])/);
    for (const client of ['probe-spa', 'probe-dapp']) {
      const { body } = await admin(service, 'GET', `/sessions?client_id=${client}`);
      expect([client, body]).toEqual([client, { data: [] }]);
    }
    const user = await admin(service, 'GET', '/users');
    const [{ sub }] = (user.body['data'] as { sub: string; username: string }[]).filter(
      ({ username }) => username === 'probe',
    ) as unknown as [{ sub: string }];
    expect((await admin(service, 'GET', `/sessions?sub=${sub}`)).body).toEqual({ data: [] });
    expect((await admin(service, 'GET', `/grants?sub=${sub}`)).body).toEqual({ data: [] });
  });

  it('given each half alone, when it runs, then the other is left out', async () => {
    const [pkce, wallet] = [
      await run([service.url, ...pkceAlone]),
      await run([`${service.url}/`, ...walletAlone, '--wallet-origin', 'https://app.example'], ''),
    ];

    expect([pkce.status, wallet.status]).toEqual([0, 0]);
    expect(pkce.stdout).toMatch(/^http:\S+\npkce ok, [\d.]+ ms\n(?: {2}[a-z_]+ +[\d.]+ ms\n)+$/);
    expect(wallet.stdout).toMatch(/^http:\S+\nwallet ok, [\d.]+ ms\n(?: {2}[a-z_]+ +[\d.]+ ms\n)+$/);
  });

  it('given a third party, when it runs twice, then it allows the access the first time', async () => {
    const client = ['--client', 'demo-partner', '--redirect-uri', 'http://127.0.0.1/partner', '--username', 'probe'];

    const [first, second] = [await run([service.url, ...client]), await run([service.url, ...client])];

    expect([first.status, second.status]).toEqual([0, 0]);
    expect([/^ {2}consent /m.test(first.stdout), /^ {2}consent /m.test(second.stdout)]).toEqual([true, false]);
  });

  it('given the format of Prometheus, when logins succeed and fail, then each model has its samples', async () => {
    const good = await run([service.url, ...both, '--format', 'prometheus']);
    const bad = await run([service.url, ...both, '--format', 'prometheus'], 'wrong\n');

    expect([good.status, good.stderr]).toEqual([0, '']);
    expect(good.stdout).toMatch(
      /^tessera_probe_success\{model="pkce"\} 1\ntessera_probe_success\{model="wallet"\} 1$/m,
    );
    expect(good.stdout).toMatch(/^tessera_probe_duration_seconds\{model="wallet",step="verify"\} 0\.\d{6}$/m);
    expect(good.stdout).toMatch(/^tessera_probe_last_run_timestamp_seconds 1\d{9}(?:\.\d+)?\n$/m);
    expect(bad.status).toBe(1);
    expect(bad.stderr).toBe('tessera: pkce failed at login: 401: the username or the password is refused\n');
    expect(bad.stdout).toMatch(/^tessera_probe_success\{model="pkce"\} 0\ntessera_probe_success\{model="wallet"\} 1$/m);
  });
});

describe('a probe', () => {
  const service = fixture(() => startService('lmdb', { ADMIN_TOKEN: adminToken }));
  beforeAll(async () => {
    await addSynthetic(service);
  });

  it('given a confidential client, when its secret comes by the environment or the second line, then it logs in', async () => {
    const client = ['--client', 'demo-client', '--redirect-uri', 'http://127.0.0.1/callback', '--username', 'user0'];
    const args = [service.url, ...client, '--client-secret'];

    const byEnvironment = await run(args, 'password0\n', { PROBE_CLIENT_SECRET: 'demo-secret' });
    const byInput = await run([...args, '--scope', ''], 'password0\ndemo-secret\n');
    const wrong = await run(args, 'password0\nwrong-secret\n');

    expect([byEnvironment.status, byInput.status, wrong.status]).toEqual([0, 0, 1]);
    expect(wrong.stdout).toMatch(/^pkce failed at token: 401 invalid_client reason \w+: expected tokens$/m);
  });

  it.each<[string, readonly string[], string]>([
    ['an unknown client', pkceAlone.with(1, 'nobody'), 'authorize: 400 invalid_request reason client_unknown'],
    ['another redirect URI', pkceAlone.with(3, 'https://app.example/'), 'authorize: 400 invalid_request'],
    ['a scope that it may not have', [...pkceAlone, '--scope', 'none'], 'authorize: 303 invalid_scope'],
    ['an unknown user', pkceAlone.with(5, 'nobody'), 'login: 401'],
    ['an unknown wallet client', walletAlone.with(1, 'nobody'), 'challenge: 400 invalid_request reason client'],
    [
      'another origin',
      [...walletAlone, '--wallet-origin', 'https://other.example'],
      'sign: the message is of another domain',
    ],
  ])('given %s, when it runs, then it fails with 1, and says where and why', async (_what, args, line) => {
    const { status, stdout } = await run([service.url, ...args]);

    const model = args.includes('--client') ? 'pkce' : 'wallet';
    expect([status, stdout.split('\n').find((each) => each.includes('failed'))]).toEqual([
      1,
      expect.stringMatching(new RegExp(`^${model} failed at ${line}`)),
    ]);
  });

  it.each<[string, readonly string[]]>([
    ['no issuer', both],
    ['two issuers', ['https://a.example', 'https://b.example', ...both]],
    ['no URL', ['issuer.example', ...both]],
    ['a path', ['https://issuer.example/path', ...both]],
    ['plain HTTP elsewhere', ['http://issuer.example', ...both]],
    ['no client', ['https://issuer.example']],
    ['no redirect URI', ['https://issuer.example', '--client', 'a', '--username', 'a']],
    ['no username', ['https://issuer.example', '--client', 'a', '--redirect-uri', callback]],
    ['a username without a client', ['https://issuer.example', '--username', 'a', ...walletAlone]],
    ['an origin without a client', ['https://issuer.example', ...pkceAlone, '--wallet-origin', 'https://a.example']],
    ['an unknown format', ['https://issuer.example', ...both, '--format', 'xml']],
    ['no time', ['https://issuer.example', ...both, '--timeout', '0']],
    ['an unknown option', ['https://issuer.example', ...both, '--password', password]],
    ['a secret on the command line', ['https://issuer.example', ...both, '--client-secret', 'a-secret-as-argument']],
  ])('given %s, when it is run, then it is used wrongly, and quotes no secret', async (_what, args) => {
    const { status, stdout, stderr } = await run(args);

    expect([status, stdout]).toEqual([64, '']);
    expect(stderr).toMatch(/^tessera: .+\n$/);
    expect(stderr).not.toMatch(/correct horse|a-secret-as-argument/);
  });

  it('given no password, when it is run, then it is used wrongly', async () => {
    const { status, stderr } = await run(['https://issuer.example', ...pkceAlone], '');

    expect([status, stderr]).toEqual([64, 'tessera: the password is read from standard input, which is empty\n']);
  });

  it('given nobody who listens, when it runs, then it is unreachable, in each format', async () => {
    const issuer = `http://localhost:${await freePort()}`;

    const text = await run([issuer, ...both]);
    const prometheus = await run([issuer, ...both, '--format', 'prometheus']);

    expect([text.status, prometheus.status]).toEqual([69, 69]);
    expect(text.stdout).toMatch(/^pkce failed at discovery: no connection \(ECONNREFUSED\)$/m);
    expect(prometheus.stdout).toMatch(
      /^tessera_probe_success\{model="pkce"\} 0\ntessera_probe_success\{model="wallet"\} 0$/m,
    );
  });

  it('given a server that never answers, when the deadline is over, then it is unreachable', async () => {
    const silent = await serveLocally();

    const begun = performance.now();
    const { status, stdout } = await run([silent.url, ...both, '--timeout', '1']);
    await silent.close();

    expect([status, performance.now() - begun < 20_000]).toEqual([69, true]);
    expect(stdout).toContain('pkce failed at discovery: no answer before the deadline');
  });

  it.each([
    ['probe', ['probe', 'http://localhost:1', '--wallet-client', 'a']],
    ['its help', ['probe', '--help']],
    ['the help of all', ['--help']],
  ])('given %s, when it has run, then no database was loaded, and no setting read', async (_what, args) => {
    const directory = mkdtempSync(join(tmpdir(), 'tessera-loaded-'));
    const env = {
      NODE_OPTIONS: `-r ${join(__dirname, '../support/run/report-loaded.cjs')}`,
      LOADED_FILES: join(directory, 'loaded.json'),
      PORT: 'no port',
      DATA_DIR: '/proc/nowhere',
      MONGODB_URI: 'no uri',
      NODE_ENV: 'production',
    };

    const { status } = await tessera(args, env);
    const loaded: string[] = JSON.parse(readFileSync(env.LOADED_FILES, 'utf8'));
    rmSync(directory, { recursive: true });

    expect(status).toBe(args.includes('--help') ? 0 : 69);
    expect(loaded.length).toBeGreaterThan(0);
    expect(loaded.filter((file) => /node_modules\/(?:lmdb|mongoose|mongodb|@nestjs)\//.test(file))).toEqual([]);
  });
});

describe('a probe of what is not as it must be', () => {
  let service: TestService;
  let proxy: AlteringProxy;
  let issuer: string;

  beforeAll(async () => {
    const port = await freePort();
    issuer = `http://localhost:${port}`;
    service = await startService('lmdb', { ADMIN_TOKEN: adminToken, ISSUER: issuer });
    proxy = await AlteringProxy.start(port, `http://localhost:${service.config.port}`);
    await addSynthetic(service);
  });
  afterEach(() => {
    proxy.alter = () => undefined;
    proxy.requests.length = 0;
  });
  afterAll(async () => {
    await proxy.stop();
    await service.stop();
  });

  it('given a proxy that changes nothing, when it runs, then it succeeds, and no credential of it is printed', async () => {
    const outputs: string[] = [];
    for (const format of ['text', 'json', 'prometheus']) {
      const { status, stdout, stderr } = await run([issuer, ...both, '--format', format]);
      expect([status, stderr]).toEqual([0, '']);
      outputs.push(stdout);
    }

    const sent = proxy.requests.flatMap(({ body, path }) => [
      ...new URLSearchParams(body).values(),
      ...new URL(path, issuer).searchParams.values(),
    ]);
    const secrets = sent.filter((value) => value.length >= 20 && !value.startsWith('https://') && !value.includes('&'));
    expect(secrets.length).toBeGreaterThan(10);
    expect([password, ...secrets].filter((secret) => outputs.some((output) => output.includes(secret)))).toEqual([]);
  });

  it.each<[what: string, path: string, change: (answer: PassingAnswer) => void, line: string]>([
    [
      'another issuer',
      '/.well-known/openid',
      replacing('"issuer":"http://localhost', '"issuer":"http://127.0.0.1'),
      'discovery: the issuer is another one than the URL that was given',
    ],
    [
      'no metadata',
      '/.well-known/openid',
      (answer) => (answer.body = '<html>'),
      'discovery: 200: expected the metadata of the server',
    ],
    [
      'a login page elsewhere',
      '/authorize',
      replacing(/^\/login/, 'http://127.0.0.1:1/login'),
      `login_form: ${elsewhere}`,
    ],
    [
      'a login form that goes elsewhere',
      '/login?',
      replacing('action="/', 'action="http://127.0.0.1:1/'),
      `login: ${elsewhere}`,
    ],
    [
      'a lost query',
      '/authorize',
      replacing(/^(https:\/\/app\.example\/callback)\?.*/, '$1'),
      `callback: ${anotherState}`,
    ],
    ['another state', '/authorize', replacing(/state=[\w-]+/, 'state=another'), `callback: ${anotherState}`],
    ['no iss', '/authorize', replacing(/&iss=[^&]+/, ''), 'callback: iss does not name the issuer'],
    [
      'a code that was not issued',
      '/authorize',
      replacing(/code=[\w-]+/, `code=${'x'.repeat(43)}`),
      'token: 400 invalid_grant reason code_unknown: expected tokens',
    ],
    [
      'other keys',
      '/.well-known/jwks',
      replacing(/"n":"[^"]{10}/g, '"n":"zzzzzzzzzz'),
      'check: the access token is not valid (ERR_JWS_SIGNATURE_VERIFICATION_FAILED)',
    ],
    ['no ID token', '/token', replacing('"id_token"', '"other"'), 'check: there is no ID token'],
    [
      'a resource that is down',
      '/api/me',
      (answer) => (answer.status = 503),
      'resource: 503: expected the protected resource',
    ],
    ['a revocation that does nothing', '/api/me', (answer) => (answer.status = 200), 'revoke: 200 invalid_token'],
    [
      'a fault that quotes what it was sent',
      '/token',
      (answer) => {
        answer.status = 400;
        answer.body = JSON.stringify({ error: password, reason: `https://${password}`, error_description: password });
      },
      'token: 400: expected tokens',
    ],
  ])(
    'given %s, when it runs, then it fails there, and no session and no token lives on',
    async (_what, path, change, line) => {
      proxy.alter = at(path, change);

      const { status, stdout, stderr } = await run([issuer, ...pkceAlone]);
      const { body } = await admin(service, 'GET', '/grants?client_id=probe-spa');

      expect([status, stderr]).toEqual([1, '']);
      expect(stdout.split('\n')[1]?.startsWith(`pkce failed at ${line}`) === true ? line : stdout).toBe(line);
      expect(stdout).not.toContain(password);
      expect(body).toEqual({ data: [] });
      expect(((await admin(service, 'GET', '/sessions')).body['data'] as unknown[]).length).toBe(0);
    },
  );

  it.each<[what: string, from: string | RegExp, to: string, line: string]>([
    ['another domain', /"message":"app.example /, '"message":"evil.example ', 'the URI is of another domain'],
    ['another domain and URI', /app\.example/g, 'evil.example', 'the message is of another domain'],
    ['another address', /account:\\n0x.{40}/, `account:\\n0x${'0'.repeat(40)}`, 'the message is for another address'],
    ['another nonce', /Nonce: \w+/, 'Nonce: abcdefgh', 'the message has another nonce'],
    ['another beginning', 'wants you to sign', 'asks you to sign', 'the message does not begin as EIP-4361 says'],
  ])('given a message with %s, when it comes, then it is not signed', async (_what, from, to, line) => {
    proxy.alter = at('/wallet/challenge', replacing(from, to));

    const { status, stdout } = await run([issuer, ...walletAlone, '--wallet-origin', 'https://app.example'], '');

    expect([status, stdout.split('\n')[1]]).toEqual([1, `wallet failed at sign: ${line}`]);
    expect(proxy.requests.some(({ path }) => path === '/wallet/verify')).toBe(false);
  });

  it('given a step without an answer, when the deadline is over, then the login failed there', async () => {
    proxy.alter = ({ path }) => path !== '/token';

    const begun = performance.now();
    const { status, stdout } = await run([issuer, ...pkceAlone, '--timeout', '4']);

    expect([status, stdout.split('\n')[1]]).toEqual([1, 'pkce failed at token: no answer before the deadline']);
    expect(performance.now() - begun).toBeLessThan(25_000);
  });
});
