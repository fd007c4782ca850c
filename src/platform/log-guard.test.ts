import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { LogGuard } from './log-guard';
import { createLogger, redactionsOf } from './logger';

const requestLine = {
  level: 30,
  time: '2026-11-22T04:07:12.345Z',
  reqId: 'req-1a2b',
  method: 'POST',
  route: '/token',
  status: 200,
  ms: 3.2,
  event: 'code_redeemed',
  client: 'demo-spa',
  sub: 'eip155:1:0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
  grant: 'Zr1qZ2Jm3nq0aJb8TzKc1w',
  msg: 'request',
};

const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyMCJ9.c2lnbmF0dXJl';
const credentials: readonly (readonly [kind: string, text: string])[] = [
  ['a verifier of RFC 7636', verifier],
  ['a verifier of letters alone', 'x'.repeat(43)],
  ['a verifier of dots and tildes', '~.'.repeat(40)],
  ['a code', randomBytes(32).toString('base64url')],
  ['a refresh token', `Zr1qZ2Jm3nq0aJb8TzKc1w.${randomBytes(32).toString('base64url')}`],
  ['a JWT', jwt],
  ['a signature', `0x${'a1'.repeat(65)}`],
  ['a private key', `0x${'0b'.repeat(32)}`],
];
const named: readonly (readonly [kind: string, text: string, secret: string])[] = [
  ['a form', 'grant_type=x&code_verifier=short-one&a=b', 'short-one'],
  ['a secret in a form', 'client_id=web&client_secret=demo-secret', 'demo-secret'],
  ['a property', 'body.code_verifier = short-one', 'short-one'],
  ['a header', 'Authorization: Basic ZGVtbzpkZW1v', 'ZGVtbzpkZW1v'],
  ['a bearer token', 'sent Bearer abc.def', 'abc.def'],
  ['a DPoP-bound token', 'dpop abc.def', 'abc.def'],
  ['JSON in a text', '{"password":"hunter2"}', 'hunter2'],
  ['JSON with spaces', '{ "client_secret" : "hunter2" }', 'hunter2'],
  ['a URI', 'cannot reach mongodb://admin:hunter2@db:27017/x', 'hunter2'],
];

function written(log: (logger: ReturnType<typeof createLogger>) => void): {
  line: string;
  own: number;
  caller: number;
} {
  const lines: string[] = [];
  const logger = createLogger({ write: (line) => void lines.push(line) });
  log(logger);
  return { line: lines.join(''), ...redactionsOf(logger) };
}

/** Microseconds for 5,000 calls. */
function cpuOf(work: () => unknown): number {
  const before = process.cpuUsage();
  for (let count = 0; count < 5_000; count += 1) work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

describe('the guard of the log', () => {
  it('given a line as requests have it, when it is written, then nothing is taken from it', () => {
    const { line, own, caller } = written((logger) => logger.info(requestLine, 'request'));

    expect(JSON.parse(line)).toMatchObject({ ...requestLine, pid: process.pid, time: expect.any(String) });
    expect({ own, caller }).toEqual({ own: 0, caller: 0 });
  });

  it.each(credentials)('given %s in any place of a line, when it is written, then it is not in it', (_kind, text) => {
    const places: ((logger: ReturnType<typeof createLogger>) => void)[] = [
      (logger) => logger.info(text),
      (logger) => logger.warn({ reason: text }, 'request'),
      (logger) => logger.info({ ...requestLine, grant: text }, 'request'),
      (logger) => logger.info({ ...requestLine, sub: `user ${text}, again` }, 'request'),
      (logger) => logger.info({ deep: [{ er: { x: text } }] }, 'request'),
      (logger) => logger.info({ [text]: 1 }, 'request'),
      (logger) => logger.child({ bound: text }).error('request'),
      (logger) => logger.error({ err: new Error(`no ${text}`) }, `failed with "${text}"`),
    ];
    for (const place of places) {
      const { line, own } = written(place);
      expect(line).not.toContain(text);
      expect(() => JSON.parse(line) as unknown).not.toThrow();
      if (!line.includes('"stack"')) expect(own).toBeGreaterThan(0);
    }
  });

  it.each(named)('given %s, when it is written, then the credential is not in it', (_kind, text, secret) => {
    const { line, own } = written((logger) => logger.info({ cause: text }, text));

    expect(line).not.toContain(secret);
    expect(line).toContain('[redacted]');
    expect(own).toBe(2);
  });

  it.each(['code_verifier', 'password', 'client_secret', 'Authorization', 'cookie'])(
    'given a field named %s, when it is written, then its value is not, however short',
    (name) => {
      const { line } = written((logger) => logger.info({ [name]: 'abc' }, 'request'));

      expect(JSON.parse(line)).toMatchObject({ [name]: '[redacted]', msg: 'request' });
    },
  );

  it('given what callers put into paths and headers, when it is written, then it counts as theirs', () => {
    const { line, own, caller } = written((logger) =>
      logger.warn({ path: `/x?code_verifier=${verifier}`, headers: { 'user-agent': jwt } }, 'request'),
    );

    expect(line).not.toContain(verifier);
    expect({ own, caller }).toEqual({ own: 0, caller: 2 });
  });

  it('given a long client id, when it stands in its field, then it stays, and elsewhere it does not', () => {
    const client = 'a-client-with-a-name-that-is-longer-than-a-secret';

    expect(written((logger) => logger.info({ client })).line).toContain(client);
    expect(written((logger) => logger.info({ other: client })).line).not.toContain(client);
    expect(written((logger) => logger.info({ client: jwt })).line).not.toContain(jwt);
  });

  it('given the stack of an error, when it is written, then the names of functions stay', () => {
    const err = new Error('x');
    err.stack = `Error: x\n    at aFunctionWithANameThatIsLongerThanAnySecretWouldBe (/a.ts:1:1)\n    at ${verifier}`;

    const { line } = written((logger) => logger.error({ err }, 'failed'));

    expect(line).toContain('aFunctionWithANameThatIsLongerThanAnySecretWouldBe');
    expect(line).not.toContain(verifier);
  });

  it('given what is no JSON, when it holds a credential, then nothing of it is written', () => {
    expect(new LogGuard().guarded(`no JSON ${verifier}\n`)).toBe('{"level":50,"msg":"[redacted]"}\n');
  });

  it('given the line of a login, when it is guarded, then that costs less than to read the line and write it again', () => {
    const guard = new LogGuard();
    const line = `${JSON.stringify(requestLine)}\n`;
    const ratios = Array.from(
      { length: 10 },
      () => cpuOf(() => guard.guarded(line)) / cpuOf(() => `${JSON.stringify(JSON.parse(line))}\n`),
    );

    expect(Math.min(...ratios)).toBeLessThan(1);
  });
});
