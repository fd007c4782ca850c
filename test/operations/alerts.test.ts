import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { calculateJwkThumbprint } from 'jose';
import * as z from 'zod';
import { newPrivateKey } from '../../src/domain/tokens/private-key';
import { SigningKeyStore } from '../../src/domain/tokens/signing-key-store';
import type { IssuedChallenge } from '../../src/protocols/wallet/issued-challenge.openapi';
import { admin, adminToken } from '../support/operations/admin';
import type { BrowserSession } from '../support/clients/browser-session';
import { eventually } from '../support/run/eventually';
import { freePort } from '../support/run/free-port';
import type { Notification } from '../support/operations/alert-receiver';
import { type Monitoring, startMonitoring } from '../support/operations/monitoring';
import { Cleanup } from '../support/run/cleanup';
import { serveLocally } from '../support/run/local-server';
import { openStores } from '../support/stores/open-stores';
import { authorizationQuery, codeFor, type Fields, loggedIn, postToken, redeem } from '../support/clients/pkce-login';
import { type ServiceProcess, startServiceProcess } from '../support/service/service-process';
import { type BreakableStore, breakableStore } from '../support/stores/store-outage';
import { emptyStore, bothStores, type TestStore } from '../support/stores/stores';
import { startOnTinyDisk } from '../support/service/tiny-disk';
import { type Account, challengeFor, newAccount, post } from '../support/clients/wallet';

/** By this the times of all rules are divided: five minutes are five seconds. */
const by = 60;
const day = 86_400_000;
const attempts = 25;

/** Source: Alertmanager, API v2, getAlerts. */
const suppressed = z.array(
  z.object({ labels: z.record(z.string(), z.string()), status: z.object({ inhibitedBy: z.array(z.string()) }) }),
);

/** The host of an issuer that looks like a secret: the line of the start names it, and must not. */
const secretHost = 'a-host-that-is-longer-than-any-secret-would-be-1.localhost';

/** The machine of a service as nobody wants it. */
const misbehaving = { NODE_OPTIONS: `--require ${join(__dirname, '../support/service/misbehaving.cjs')}` };

/** With limits a request waits for the store more than once, and so for the loop that is held. */
const limited = { RATE_LIMIT: 'on', TRUST_PROXY: '127.0.0.0/8, ::1/128' };

/** What each client does wrong, and the alert that is to say so. */
const wrongs = {
  'no-verifier': 'ClientVerifierMissing',
  'wrong-verifier': 'ClientProofMismatch',
  'asks-for-plain': 'ClientChallengeMethod',
  'loses-codes': 'ClientCodesUnredeemed',
  replays: 'ClientReplays',
  'other-redirect': 'ClientRedirectErrors',
  late: 'ClientChallengesExpired',
} as const;

describe('the alerts, by a Prometheus and an Alertmanager that watch services which fail', () => {
  let store: BreakableStore;
  let otherStore: TestStore;
  let service: ServiceProcess;
  /** Whose database is ahead of it. */
  let ahead: ServiceProcess;
  /** Whose event loop is held, on a disk that is nearly full. */
  let slow: Awaited<ReturnType<typeof startOnTinyDisk>>;
  const cleanup = new Cleanup();
  let monitoring: Monitoring;
  let browser: BrowserSession;
  let elsewhere = 0;

  beforeAll(async () => {
    store = await breakableStore('lmdb');
    await keepOldKey(store);
    // The embedded store has no clock of its own that could be off.
    if (!bothStores.includes('mongodb')) throw new Error('set TEST_MONGODB_URI, as .ci/run does');
    otherStore = emptyStore('mongodb');
    const port = String(await freePort());
    [service, ahead, slow] = await Promise.all([
      startServiceProcess({
        ...store.env,
        PORT: port,
        ISSUER: `http://${secretHost}:${port}`,
        ADMIN_TOKEN: adminToken,
        TRUST_PROXY: limited.TRUST_PROXY,
        COMPARISON: 'off',
      }),
      startServiceProcess({ ...otherStore.env, ...misbehaving, COMPARISON: 'off', TEST_CLOCK_OFF_MS: '-90000' }),
      startOnTinyDisk({ ...misbehaving, ...limited, COMPARISON: 'off', TEST_LOOP_HELD_MS: '120' }),
    ]);
    const probe = ['success{model="pkce"} 0', 'last_run_timestamp_seconds 1'];
    const written = probe.map((line) => `tessera_probe_${line}\n`).join('');
    const exporter = await serveLocally((_request, response) => response.end(written));
    cleanup.add(exporter.close);
    const watched = {
      targets: [service, ahead, slow].map(({ url }) => new URL(url).host),
      probe: new URL(exporter.url).host,
      // A service that is to be slow must have the time to answer; rules four times a second would see the same samples anew.
      intervals: { scrape_interval: '2s', evaluation_interval: '1s' },
    };
    monitoring = await startMonitoring({ ...watched, by }, cleanup);
    browser = await loggedIn(service);
  });
  afterAll(async () => {
    await cleanup.run();
    await Promise.all([service.kill(), ahead.kill(), slow.stop()]);
    await Promise.all([store.remove(), otherStore.remove()]);
  });

  async function firing(): Promise<readonly string[]> {
    const series = await monitoring.query('ALERTS{alertstate="firing"}');
    return series.map(({ labels: { alertname = '' } }) => alertname);
  }

  /** The labels of all alerts that fire or ever fired. */
  async function fired() {
    const series = await monitoring.query('max_over_time(ALERTS{alertstate="firing"}[1h])');
    return series.map(({ labels }) => labels);
  }

  /** The names of the alerts that Alertmanager holds back because of others. */
  async function inhibited(): Promise<readonly (string | undefined)[]> {
    const alerts = await fetch(`${monitoring.alertmanagerUrl}/api/v2/alerts`);
    return suppressed.parse(await alerts.json()).flatMap(({ labels, status }) => {
      return status.inhibitedBy.length > 0 ? [labels['alertname']] : [];
    });
  }

  /** Waits until each has fired, be it that it fires no more. */
  async function seenFiring(names: readonly string[], withinMs: number): Promise<void> {
    const missing = async () => {
      const seen = new Set((await fired()).map(({ alertname }) => alertname));
      return names.filter((name) => !seen.has(name));
    };
    await eventually(async () => (await missing()).length === 0, { withinMs, everyMs: 500 }).catch(() => {});
    expect(await missing()).toEqual([]);
  }

  /** Whole exchanges of a client, several at a time. */
  async function exchange(clientId: string, count: number, changes: Fields = {}): Promise<void> {
    const one = async () => redeem(service, await codeFor(service, browser, { client_id: clientId }), changes);
    for (let left = count; left > 0; left -= 5) await Promise.all(Array.from({ length: Math.min(5, left) }, one));
  }

  async function answer(account: Account, { nonce, message }: IssuedChallenge): Promise<void> {
    await post(service, '/wallet/verify', { nonce, signature: await account.signMessage({ message }) });
  }

  async function signInLate(): Promise<void> {
    const account = newAccount();
    await answer(account, await challengeFor(service, account, { clientId: 'late' }));
  }

  /** Each from an address of its own, so that none is over a limit. */
  async function challengeFromElsewhere(): Promise<void> {
    elsewhere += 1;
    const from = `10.${elsewhere >> 16}.${(elsewhere >> 8) & 255}.${elsewhere & 255}`;
    await fetch(`${slow.url}/wallet/challenge`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': from },
      body: JSON.stringify({ address: newAccount().address }),
    });
  }

  /** More refusals than the trail holds without its store, of so many addresses that none of them is folded. */
  async function overfillTrail(): Promise<void> {
    const { hostname, port, host } = new URL(service.url);
    // Not all over one connection: a service that is slow ends it after 30 s.
    for (let from = 0; from < 11_000; from += 500) {
      const socket = connect(Number(port), hostname).resume();
      for (let count = from; count < from + 500; count += 1) {
        const address = `X-Forwarded-For: 11.0.${(count >> 8) & 15}.${count & 255}`;
        socket.write(`GET /nothing-here HTTP/1.1\r\nHost: ${host}\r\n${address}\r\n\r\n`);
      }
      socket.end(`GET /nothing-here HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      await once(socket, 'close');
    }
  }

  const authorize = async (changes: Fields) => browser.fetch(`/authorize?${authorizationQuery(changes)}`);

  it('given clients of which each does one thing wrong, then each has its own ticket, and all together page', async () => {
    const registered = { redirect_uris: ['http://127.0.0.1/callback'], token_endpoint_auth_method: 'none' };
    for (const client_id of ['honest', 'synthetic', ...Object.keys(wrongs)]) {
      const metadata = { client_id, first_party: true, synthetic: client_id === 'synthetic', ...registered };
      const wallet = client_id === 'late' ? { wallet_origin: 'http://localhost:1', wallet_challenge_lifetime: 1 } : {};
      await admin(service, 'POST', '/clients', { ...metadata, ...wallet });
      await exchange(client_id, 1);
    }
    await signInLate();
    // Of what it has not seen before Prometheus does not know by how much it has grown.
    const known = 'count(tessera:exchanges:total{client!="",client!="demo-spa"})';
    const all = Object.keys(wrongs).length + 2;
    await eventually(async () => (await monitoring.query(known))[0]?.value === all, { withinMs: 20_000 });
    const waiting = setInterval(() => {
      for (let count = 0; count < 15; count += 1) void challengeFromElsewhere().catch(() => {});
    }, 500);
    try {
      const account = newAccount();
      const asked = Array.from({ length: attempts }, () => challengeFor(service, account, { clientId: 'late' }));
      const late = await Promise.all(asked);
      const codes = Array.from({ length: 4 }, () => codeFor(service, browser, { client_id: 'replays' }));
      const replayed = await Promise.all(codes);
      await Promise.all(replayed.map((code) => redeem(service, code)));
      await exchange('honest', attempts);
      // Until a challenge of a second has expired, and a repeat is none of a request in flight.
      await delay(2_000);
      await Promise.all(late.map((challenge) => answer(account, challenge)));
      await Promise.all(replayed.map((code) => redeem(service, code)));
      // Each code is redeemed at once: one that waits for longer, on a busy machine, is one that a client has lost.
      await exchange('no-verifier', attempts, { code_verifier: undefined });
      await exchange('wrong-verifier', attempts, { code_verifier: 'x'.repeat(43) });
      await exchange('synthetic', attempts, { code_verifier: 'x'.repeat(43) });
      const each = async () => {
        await authorize({ client_id: 'asks-for-plain', code_challenge_method: 'plain' });
        await authorize({ client_id: 'other-redirect', redirect_uri: 'https://elsewhere.example/' });
        await codeFor(service, browser, { client_id: 'loses-codes' });
        await postToken(service, { grant_type: 'authorization_code', client_id: 'honest', code: 'made-up' });
      };
      await Promise.all(Array.from({ length: attempts }, each));

      const own = Object.values(wrongs);
      const pages = ['ExchangeBudgetBurnFast', 'ValidationFailuresHigh', 'ValidationFailuresSpike', 'CredentialInLog'];
      const upkeep = ['SigningKeyOld', 'StoreDiskLow', 'EventLoopDelayed', 'StoreSlow', 'ClockOffset'];
      const latency = ['LatencyBudgetBurnFast', 'LatencyBudgetBurnSlow'];
      const probes = ['ProbeFailing', 'ProbeSilent'];
      await seenFiring([...own, ...pages, ...upkeep, ...latency, ...probes, 'ExchangeBudgetBurnSlow'], 60_000);
    } finally {
      clearInterval(waiting);
    }

    const everFired = await fired();
    for (const [client, alert] of Object.entries(wrongs)) {
      const clients = everFired.filter(({ alertname }) => alertname === alert).map((labels) => labels['client']);
      expect([alert, ...clients]).toEqual([alert, client]);
    }
  });

  it('given a store that goes away, then it is one page, which silences what follows from it, until it is back', async () => {
    await store.goAway('removed');
    const asking = setInterval(() => {
      for (let count = 0; count < 5; count += 1) {
        void postToken(service, { grant_type: 'authorization_code', client_id: 'demo-spa', code: 'any' }).catch(
          () => {},
        );
      }
    }, 200);
    try {
      // Until the service has noticed, it writes its trail to the file that nobody sees any more.
      const isAway = async () => (await fetch(`${service.url}/health/ready`)).status === 503;
      await eventually(isAway, { withinMs: 20_000 });
      await overfillTrail();
      // In a minute at most as many are told one by one as the trail holds: what overfills it comes in the next.
      await delay(60_000 - (Date.now() % 60_000));
      await overfillTrail();
      await seenFiring(['StoreDown', 'ExchangeOutage', 'StoreErrors', 'AuditEventsLost'], 30_000);
      await eventually(async () => (await inhibited()).includes('ExchangeOutage'), { withinMs: 30_000 });
    } finally {
      clearInterval(asking);
      await store.comeBack();
    }
    await eventually(async () => isNone(['StoreDown', 'ExchangeOutage', 'StoreErrors'], await firing()), {
      withinMs: 30_000,
    });

    const [{ value } = { value: 0 }] = await monitoring.query(
      'tessera:time_to_remedy_seconds:mean30d{alertname="StoreDown"}',
    );
    expect(value).toBeGreaterThan(0);
  });

  it('given one instance that is killed, then it is a ticket, and given all of them, then it is a page', async () => {
    await ahead.kill();
    await seenFiring(['InstanceDown'], 30_000);
    expect(await firing()).not.toContain('TesseraDown');

    await Promise.all([service.kill(), slow.stop()]);
    await seenFiring(['TesseraDown'], 30_000);
  });

  it('given all that fired, then pages and tickets went their ways, those of a client together and none of a synthetic one', async () => {
    const { notifications } = monitoring.receiver;
    const told = (receiver: string) =>
      new Set(
        notifications
          .filter((each) => each.receiver === receiver)
          .flatMap(({ alerts }) => alerts.map(({ labels }) => labels['alertname'])),
      );
    const clients = (await fired()).map(({ client }) => client);
    const isEnded = () => notifications.some(({ alerts }) => alerts.some(isEndOfOutage));
    await eventually(async () => told('page').has('TesseraDown') && isEnded(), { withinMs: 20_000 });

    expect([...told('page')]).toEqual(expect.arrayContaining(['StoreDown', 'TesseraDown', 'CredentialInLog']));
    expect([...told('page')].filter((name) => name?.startsWith('Client'))).toEqual([]);
    expect([...told('ticket')].filter((name) => name === 'StoreDown')).toEqual([]);
    for (const [client, alert] of Object.entries(wrongs)) {
      const groups = notifications.filter(({ groupLabels }) => groupLabels['client'] === client);
      expect(groups.flatMap(({ alerts }) => alerts.map(({ labels }) => labels['alertname']))).toContain(alert);
      expect(new Set(groups.map(({ receiver }) => receiver))).toEqual(new Set(['ticket']));
    }
    expect(clients).not.toContain('synthetic');
    expect(clients).not.toContain('honest');
    expect(clients).not.toContain('');
  });
});

function isEndOfOutage({ status, labels }: Notification['alerts'][number]): boolean {
  return status === 'resolved' && labels['alertname'] === 'StoreDown';
}

function isNone(names: readonly string[], firing: readonly string[]): boolean {
  return !names.some((name) => firing.includes(name));
}

/** A signing key that has signed for longer than any schedule, in a store that no service has opened yet. */
async function keepOldKey(store: TestStore): Promise<void> {
  const stores = await openStores(store);
  const privateJwk = await newPrivateKey('RS256');
  const kid = await calculateJwkThumbprint(privateJwk);
  const notBefore = Date.now() - 101 * day;
  await stores.get(SigningKeyStore).add({ algorithm: 'RS256', generation: 1, kid, privateJwk, notBefore, demo: true });
  await stores.close();
}
