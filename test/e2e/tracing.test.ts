import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { StoreCalls } from '../../src/platform/storage/store-calls';
import { StoreInspector } from '../../src/platform/storage/store-inspector';
import { type CollectedSpan, startCollector } from '../support/operations/collector';
import { eventually } from '../support/run/eventually';
import { fixtureOfEach } from '../support/run/fixture';
import { findCredentials } from '../support/run/log-scan';
import { openLoginPage } from '../support/clients/login-page';
import { codeFor, loggedIn, postToken, redeem, refresh, submitPassword } from '../support/clients/pkce-login';
import { collectedIn } from '../support/run/run-log';
import { temporaryDirectory } from '../support/run/temporary-directory';
import { startService, startServiceOn, type TestService } from '../support/service/service';
import { startServiceProcess } from '../support/service/service-process';
import { breakableStore } from '../support/stores/store-outage';
import { storesUnderTest } from '../support/stores/stores';
import { challengeFor, newAccount, post, signIn } from '../support/clients/wallet';

const settingsFor = (endpoint: string) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_TRACES_SAMPLER_ARG: '1',
  OTEL_BSP_SCHEDULE_DELAY: '100',
});
const hex = (bytes: number) => randomBytes(bytes).toString('hex');
const traceparent = (traceId: string, flags = '01') => `00-${traceId}-${hex(8)}-${flags}`;
const model = (name: string, step: string) => ({ 'tessera.model': name, 'tessera.step': step });

/** Of a step that succeeded. */
const attributesOf = (method: string, route: string, status: number, about: object) => ({
  'http.request.method': method,
  'http.route': route,
  'http.response.status_code': status,
  'tessera.outcome': 'ok',
  ...about,
});

describe.each(storesUnderTest)('tracing on %s', (store) => {
  const collector = fixtureOfEach(startCollector);

  async function traced(ratio: string, env: Readonly<Record<string, string>> = {}): Promise<TestService> {
    return startService(store, { ...settingsFor(collector.endpoint), OTEL_TRACES_SAMPLER_ARG: ratio, ...env });
  }

  const named = (name: string): CollectedSpan[] => collector.spans.filter((span) => span.name === name);

  /** The one span of this name. */
  function only(name: string): CollectedSpan {
    const [found, ...others] = named(name);
    if (found === undefined || others.length > 0) throw new Error(`${others.length} others than one ${name}`);
    return found;
  }

  const childrenOf = ({ spanId }: CollectedSpan) =>
    collector.spans.filter(({ parentSpanId }) => parentSpanId === spanId);

  it('given both logins, when each is sampled, then each step is a span that says what it was, and each call of the store one within it', async () => {
    const service = await traced('1', { OTEL_SERVICE_NAME: 'logins' });
    await redeem(service, await codeFor(service, await loggedIn(service)));
    await signIn(service, newAccount());
    await service.stop();

    const [pkce, wallet] = [{ 'tessera.client_id': 'demo-spa' }, { 'tessera.client_id': 'demo-dapp' }];
    expect(collector.spans.filter(({ kind }) => kind === 2).map(({ attributes }) => attributes)).toEqual([
      attributesOf('POST', '/login', 303, model('pkce', 'login')),
      attributesOf('GET', '/authorize', 303, { ...model('pkce', 'authorize'), ...pkce }),
      attributesOf('POST', '/token', 200, { ...model('pkce', 'token'), ...pkce }),
      attributesOf('POST', '/wallet/challenge', 201, { ...model('wallet', 'challenge'), ...wallet }),
      attributesOf('POST', '/wallet/verify', 200, { ...model('wallet', 'verify'), ...wallet }),
    ]);
    expect(only('POST /token').resource).toMatchObject({
      'service.name': 'logins',
      'telemetry.sdk.language': 'nodejs',
    });
    const calls = (name: string) => childrenOf(only(name)).map((child) => child.name);
    expect(calls('GET /authorize')).toEqual(expect.arrayContaining(['sessions.find', 'challenges.save']));
    expect(calls('POST /token')).toContain('challenges.redeem');
    expect(calls('POST /wallet/challenge')).toContain('challenges.save');
    expect(calls('POST /wallet/verify')).toEqual(expect.arrayContaining(['challenges.find', 'challenges.redeem']));
    const redemption = childrenOf(only('POST /token')).find(({ name }) => name === 'challenges.redeem');
    expect(redemption?.attributes).toEqual({
      'db.system.name': store,
      'db.collection.name': 'challenges',
      'db.operation.name': 'redeem',
    });
    for (const request of collector.spans.filter(({ kind }) => kind === 2)) {
      for (const child of childrenOf(request)) {
        expect(child.traceId).toBe(request.traceId);
        expect(BigInt(child.startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(request.startTimeUnixNano));
        expect(BigInt(child.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(child.startTimeUnixNano));
        expect(BigInt(child.endTimeUnixNano)).toBeLessThanOrEqual(BigInt(request.endTimeUnixNano));
      }
    }
  });

  it('given limits and every step of both logins, when each is sampled, then each call that was counted is a span of its request', async () => {
    const service = await traced('1', { RATE_LIMIT: 'on' });
    const { operations } = service.app.get(StoreCalls);
    const counted = () =>
      new Map(operations.map(({ store: of, name, durations }) => [`${of}.${name}`, durations.count] as const));
    const { browser, html } = await openLoginPage(service.url);
    const before = counted();

    await submitPassword(browser, html);
    const { body } = await redeem(service, await codeFor(service, browser, { scope: 'openid offline_access' }));
    await refresh(service, body['refresh_token']);
    await signIn(service, newAccount());
    const after = counted();
    await service.stop();

    // The audit trail is written for many requests at once.
    const own = [...after].filter(([name]) => !name.startsWith('audit_'));
    const calls = own.map(([name, count]) => [name, count - (before.get(name) ?? 0)] as const);
    const spans = calls.map(([name]) => [name, named(name).length] as const);
    expect(spans.filter(([, count]) => count > 0)).toEqual(calls.filter(([, count]) => count > 0));
  });

  it('given requests at the same time, when one is sampled and others are not, then its span has its own calls alone', async () => {
    const service = await traced('0.5');
    const sampled = await idsOf(service, true, 1);
    const not = await idsOf(service, false, 1);
    collector.spans.length = 0;
    const { address } = newAccount();
    const ask = (traceId = '') =>
      post(service, '/wallet/challenge', { address }, { traceparent: traceparent(traceId) });
    const all = Array.from({ length: 20 }, (_, index) => ask(index % 2 === 0 ? sampled[0] : not[0]));
    for (const answer of await Promise.all(all)) expect(answer.status).toBe(201);
    await service.stop();

    const requests = named('POST /wallet/challenge');
    expect(requests).toHaveLength(10);
    for (const request of requests) {
      expect(childrenOf(request).filter(({ name }) => name === 'challenges.save')).toHaveLength(1);
    }
    expect(named('challenges.save')).toHaveLength(10);
  });

  it('given the steps after a redirect, when they succeed or fail, then their spans link to that of the one before', async () => {
    const service = await traced('1');
    const code = await codeFor(service, await loggedIn(service));
    await redeem(service, code, { code_verifier: 'w'.repeat(43) });
    const { nonce, message } = await challengeFor(service, newAccount());
    await post(service, '/wallet/verify', { nonce, signature: await newAccount().signMessage({ message }) });
    await service.stop();

    for (const [begun, reason, finished] of [
      ['GET /authorize', 'code_verifier_mismatch', 'POST /token'],
      ['POST /wallet/challenge', 'signature_mismatch', 'POST /wallet/verify'],
    ] as const) {
      const [{ traceId, spanId }, next] = [only(begun), only(finished)];
      expect(next.links).toEqual([expect.objectContaining({ traceId, spanId })]);
      expect(next.traceId).not.toBe(traceId);
      expect(next.attributes).toMatchObject({ 'tessera.outcome': reason, 'tessera.reason': reason });
      expect(only(begun).links).toEqual([]);
    }
  });

  it('given a login that succeeds, when it is over, then its exchange was linked, and nothing of the trace is stored', async () => {
    const service = await traced('1');
    const code = await codeFor(service, await loggedIn(service));
    const inspector = service.app.get(StoreInspector);
    const [challenge] = await inspector.list('challenges', 10);
    await redeem(service, code);
    await signIn(service, newAccount());
    const left = await Promise.all(['challenges', 'grants', 'sessions'].map((name) => inspector.list(name, 10)));
    await service.stop();

    const { traceId, spanId } = only('GET /authorize');
    expect(challenge).toMatchObject({ trace: `00-${traceId}-${spanId}-01` });
    expect(only('POST /token').links).toEqual([expect.objectContaining({ traceId, spanId })]);
    expect(only('POST /wallet/verify').links).toEqual([
      expect.objectContaining({ spanId: only('POST /wallet/challenge').spanId }),
    ]);
    expect(JSON.stringify(left)).not.toContain(traceId);
    expect(left[0]).toEqual([]);
  });

  it.each(['00', '01'])(
    'given a caller with a trace and flags %s, when it is sampled, then its span is the parent',
    async (flags) => {
      const service = await traced('1');
      const traceId = hex(16);
      const header = traceparent(traceId, flags);
      await postToken(service, {}, { traceparent: header });
      await service.stop();

      const { traceId: own, parentSpanId } = only('POST /token');
      expect([own, parentSpanId]).toEqual([traceId, header.split('-')[2]]);
    },
  );

  it('given traceparents that are malformed, when they are sent, then a trace of its own begins with each', async () => {
    const headers = [
      // More of them are in src/operations/tracing/trace-context.test.ts.
      `00-${'0'.repeat(32)}-${hex(8)}-01`,
      `00-${hex(16)}-${hex(8)}`,
      'x'.repeat(8_000),
    ];
    const service = await traced('1');
    const reasons = [];
    for (const header of headers) {
      reasons.push((await postToken(service, {}, { traceparent: header })).body['reason']);
    }
    await service.stop();

    expect(reasons).toEqual(headers.map(() => 'grant_type_required'));
    const spans = named('POST /token');
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(headers.length);
    for (const span of spans) expect(span).not.toHaveProperty('parentSpanId', expect.anything());
    for (const header of headers) expect(spans.some(({ traceId }) => header.includes(traceId))).toBe(false);
  });

  /** Trace ids that are, or are not, sampled; what answers is the collector. */
  async function idsOf(service: TestService, sampled: boolean, count: number): Promise<string[]> {
    const ids = Array.from({ length: 40 }, () => hex(16));
    await Promise.all(ids.map((id) => postToken(service, {}, { traceparent: traceparent(id) })));
    const known = new Set<string>();
    const learn = async () => {
      for (const { traceId } of collector.spans) known.add(traceId);
      return ids.filter((id) => known.has(id)).length > 5;
    };
    await eventually(learn, { withinMs: 30_000, everyMs: 100 });
    return ids.filter((id) => known.has(id) === sampled).slice(0, count);
  }

  it('given a ratio of 0, when callers say that they sample, then nothing is exported or remembered', async () => {
    const service = await traced('0');
    const code = await codeFor(service, await loggedIn(service));
    const [challenge] = await service.app.get(StoreInspector).list('challenges', 10);
    await redeem(service, code, {}, { traceparent: traceparent(hex(16)) });
    await service.stop();

    expect(challenge).not.toHaveProperty('trace');
    expect(collector.received).toEqual([]);
  });

  it('given a ratio between, when callers say that they sample, then it holds, and a trace is sampled as a whole', async () => {
    const service = await traced('0.3');
    const ids = Array.from({ length: 200 }, () => hex(16));
    // Neither what the flags say nor how small an id is decides.
    const small = Array.from({ length: 200 }, () => `00000000${hex(12)}`);
    for (const flags of ['01', '00', '01']) {
      for (const id of [...ids, ...small]) await postToken(service, {}, { traceparent: traceparent(id, flags) });
    }
    await service.stop();

    for (const group of [ids, small]) {
      const times = group.map((id) => collector.spans.filter(({ traceId }) => traceId === id).length);
      const sampled = times.filter((count) => count > 0);
      expect(sampled.length).toBeGreaterThan(30);
      expect(sampled.length).toBeLessThan(95);
      expect(new Set(sampled)).toEqual(new Set([3]));
    }
  });

  it('given a sampled request for a code, when its redemption would not be sampled, then it is, and linked', async () => {
    const service = await traced('0.5');
    const [[sampled], [not]] = [await idsOf(service, true, 1), await idsOf(service, false, 1)];
    const account = newAccount();
    const answers: unknown[] = [];
    for (const [begin, finish] of [
      [sampled, not],
      [not, not],
    ]) {
      const { address } = account;
      const { body } = await post(service, '/wallet/challenge', { address }, { traceparent: traceparent(begin ?? '') });
      const signature = await account.signMessage({ message: String(body['message']) });
      const answer = { nonce: body['nonce'], signature };
      answers.push((await post(service, '/wallet/verify', answer, { traceparent: traceparent(finish ?? '') })).body);
    }
    await service.stop();

    for (const answer of answers) expect(answer).toHaveProperty('access_token');
    const { traceId, spanId } = only('POST /wallet/challenge');
    const verified = only('POST /wallet/verify');
    expect(verified.links).toEqual([expect.objectContaining({ traceId, spanId })]);
    expect(verified.traceId).toBe(not);
    expect(verified.attributes).toMatchObject({ 'tessera.outcome': 'ok', 'http.response.status_code': 200 });
    expect(BigInt(verified.endTimeUnixNano)).toBeGreaterThan(BigInt(verified.startTimeUnixNano));
  });

  it('given logins and what fails, when the spans are read, then they hold no credential', async () => {
    const secret = 'a-secret-of-the-collector-9f3c';
    const service = await traced('1', { OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=${secret}` });
    const browser = await loggedIn(service);
    const code = await codeFor(service, browser, { scope: 'openid offline_access' });
    await redeem(service, code, { code_verifier: 'w'.repeat(43) });
    const { body } = await redeem(service, code);
    await refresh(service, body['refresh_token']);
    await redeem(service, code);
    const { challenge, signature } = await signIn(service, newAccount());
    await post(service, '/wallet/verify', { nonce: challenge.nonce, signature });
    await fetch(`${service.url}/token?code=${code.code}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${code.verifier}` },
    });
    await service.stop();

    const { credentials } = collectedIn(process.env['TEST_LOG_DIR'] ?? '');
    const known = new Set([...credentials, code.code, code.verifier, signature, secret, String(body['access_token'])]);
    const log = [...collector.received, ...service.log].join('\n');
    expect(collector.spans.length).toBeGreaterThan(20);
    expect(collector.headers[0]).toMatchObject({ 'x-api-key': secret });
    expect(findCredentials({ log, credentials: known })).toEqual([]);
    expect(findCredentials({ log: `${log} ${code.code}`, credentials: known })).not.toEqual([]);
  });

  it('given a caller that goes away before it is answered, when its request is over, then its span has ended', async () => {
    const service = await traced('1');
    const socket = connect(service.config.port, 'localhost');
    const body = JSON.stringify({ address: newAccount().address });
    socket.end(
      `POST /wallet/challenge HTTP/1.1\r\nHost: localhost:${service.config.port}\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n${body}`,
    );
    socket.destroySoon();
    await new Promise((resolve) => socket.once('close', resolve));
    await challengeFor(service, newAccount());
    await service.stop();

    const outcomes = named('POST /wallet/challenge').map(({ attributes }) => attributes['tessera.outcome']);
    expect(outcomes.toSorted()).toEqual(['aborted', 'ok']);
  });

  it('given a store that fails, when a login fails with it, then its spans say so', async () => {
    const broken = await breakableStore(store);
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, OTEL_TRACES_SAMPLER_ARG: '1' };
    const service = await startServiceOn(broken, env, () => broken.remove());
    await broken.goAway('refusing');
    // The embedded store notices within a moment that its file is gone.
    const { address } = newAccount();
    const challenge = () => post(service, '/wallet/challenge', { address });
    const isAway = async () => (await challenge()).status === 503;
    await eventually(isAway, { withinMs: 20_000 });
    await broken.comeBack();
    await service.stop();

    const asked = named('POST /wallet/challenge').find(({ status }) => status.code === 2);
    if (asked === undefined) throw new Error('no span has failed');
    expect(asked.attributes).toMatchObject({
      'http.response.status_code': 503,
      'tessera.outcome': 'temporarily_unavailable',
    });
    const failed = childrenOf(asked).filter(({ attributes }) => attributes['error.type'] === 'StoreUnavailableError');
    expect(failed.map(({ status }) => status.code)).toEqual([2]);
  });
});

/** Logs in again and again, and returns the longest time that a login took, in milliseconds. */
async function longestOf(logins: number, service: TestService): Promise<number> {
  let longest = 0;
  for (let count = 0; count < logins; count += 1) {
    const began = performance.now();
    expect((await signIn(service, newAccount())).answer.status).toBe(200);
    longest = Math.max(longest, performance.now() - began);
  }
  return longest;
}

const complaints = ({ log }: TestService) => log.filter((line) => line.includes('spans were not exported'));

describe('tracing that is disabled', () => {
  it('given OTEL_SDK_DISABLED beside an endpoint, when people log in, then nothing is sent to it', async () => {
    const collector = await startCollector();
    const service = await startService('lmdb', { ...settingsFor(collector.endpoint), OTEL_SDK_DISABLED: 'TRUE' });

    await longestOf(2, service);
    // What is left is sent before the service has ended.
    await service.stop();
    await collector.close();

    expect(collector.received).toEqual([]);
  });
});

describe('a collector that fails', () => {
  it.each([
    ['refuses what it gets', (response: ServerResponse) => response.writeHead(400).end('no')],
    ['never answers', () => {}],
  ])(
    'given one that %s, when people log in, then no login waits, the log has one line at most, and the end is soon',
    async (_case, answer) => {
      const collector = await startCollector(answer);
      const service = await startService('lmdb', settingsFor(collector.endpoint));

      const longest = await longestOf(60, service);
      const endedIn = -performance.now();
      await service.stop();

      expect(longest).toBeLessThan(8_000);
      expect(performance.now() + endedIn).toBeLessThan(8_000);
      expect(collector.received.length).toBeGreaterThan(0);
      expect(complaints(service).length).toBeLessThanOrEqual(1);
      await collector.close();
    },
  );

  it('given one that is not there, when people log in, then they do, and the log says in one line that spans were lost', async () => {
    const collector = await startCollector();
    await collector.close();
    const service = await startService('lmdb', settingsFor(collector.endpoint));

    await longestOf(5, service);
    await eventually(async () => complaints(service).length > 0, { withinMs: 20_000, everyMs: 200 });
    await longestOf(5, service);
    await service.stop();

    const [line = '', ...others] = complaints(service);
    expect(JSON.parse(line)).toMatchObject({ level: 40, spans: expect.any(Number), error: 'ECONNREFUSED' });
    expect(others).toEqual([]);
  });
});

describe('what a process loads of tracing', () => {
  const directory = temporaryDirectory();

  it.each([
    ['off', {}, false],
    ['disabled', { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }, false],
    ['on', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }, true],
  ])(
    'given tracing that is %s, when the service has started, then that it is loaded is %s',
    async (name, env, expected) => {
      const report = join(directory, `${name}.json`);
      const preload = `-r ${join(__dirname, '../support/run/report-loaded.cjs')}`;
      const settings = { DATA_DIR: join(directory, 'data'), NODE_OPTIONS: preload, LOADED_FILES: report, ...env };
      const service = await startServiceProcess(settings, 'src/main.ts');
      await service.stop();

      const loaded = JSON.parse(readFileSync(report, 'utf8')) as string[];
      expect(loaded.some((file) => file.includes('/src/operations/tracing/'))).toBe(expected);
      // That is in its thread.
      expect(loaded.filter((file) => file.includes('/@opentelemetry/'))).toEqual([]);
    },
  );
});
