import { describe, expect, it } from '@jest/globals';
import type { Client } from '../../src/domain/clients/client';
import { ClientStore } from '../../src/domain/clients/client-store';
import { ClientLabels } from '../../src/operations/metrics/metrics-clients';
import { admin, adminToken } from '../support/operations/admin';
import { authorizationQuery, codeFor, loggedIn, redeem } from '../support/clients/pkce-login';
import { fixture, fixtureOfEach } from '../support/run/fixture';
import { startService, type TestService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { newAccount, post, signIn } from '../support/clients/wallet';

const redirectUri = 'http://127.0.0.1/callback';

function aClient(clientId: string, rest: Partial<Client> = {}): Client {
  return {
    clientId,
    name: clientId,
    authentication: 'none',
    redirectUris: [redirectUri],
    firstParty: true,
    scopes: ['openid'],
    idTokenAlgorithm: 'RS256',
    demo: false,
    ...rest,
  };
}

async function metricsOf({ url }: TestService): Promise<string> {
  return fetch(`${url}/metrics`).then((response) => response.text());
}

/** Every value that a label has in the metrics. */
function valuesOf(label: string, metrics: string): Set<string> {
  return new Set([...metrics.matchAll(new RegExp(`[{,]${label}="([^"]*)"`, 'g'))].map(([, value = '']) => value));
}

describe.each(storesUnderTest)('the clients in the metrics on %s', (store) => {
  const service = fixtureOfEach(() => startService(store, { ADMIN_TOKEN: adminToken, METRICS_CLIENTS: '6' }));

  it('given clients of all kinds, when they log in and fail, then each series has the client that it is of', async () => {
    const registered = { redirect_uris: [redirectUri], token_endpoint_auth_method: 'none', first_party: true };
    await admin(service, 'POST', '/clients', { client_id: 'shop', ...registered });
    await admin(service, 'POST', '/clients', { client_id: 'probe', synthetic: true, ...registered });
    const browser = await loggedIn(service);
    for (const clientId of ['shop', 'probe']) {
      const code = await codeFor(service, browser, { client_id: clientId });
      await redeem(service, code, { code_verifier: 'x'.repeat(43) });
      await redeem(service, code);
    }
    await redeem(service, await codeFor(service, browser), { redirect_uri: 'http://127.0.0.1/other' });
    await signIn(service, newAccount());
    await post(service, '/wallet/verify', { nonce: 'x'.repeat(22), signature: `0x${'11'.repeat(65)}` });
    await fetch(`${service.url}/authorize?${authorizationQuery({ client_id: 'nobody' })}`);

    const metrics = await metricsOf(service);
    const line = (name: string, labels: string) => expect(metrics).toContain(`${name}{${labels}} 1\n`);

    for (const [client, synthetic] of [
      ['shop', 'false'],
      ['probe', 'true'],
    ]) {
      const whose = `client="${client}",synthetic="${synthetic}"`;
      line('tessera_login_requests_total', `model="pkce",step="token",outcome="code_verifier_mismatch",${whose}`);
      line('tessera_login_requests_total', `model="pkce",step="token",outcome="ok",${whose}`);
      line('tessera_codes_issued_total', whose);
      line('tessera_codes_redeemed_total', whose);
    }
    const unknown = 'client="",synthetic="false"';
    line('tessera_login_requests_total', `model="pkce",step="authorize",outcome="client_unknown",${unknown}`);
    line('tessera_login_requests_total', `model="wallet",step="verify",outcome="challenge_unknown",${unknown}`);
    line(
      'tessera_login_requests_total',
      'model="wallet",step="verify",outcome="ok",client="demo-dapp",synthetic="false"',
    );
    line('tessera_redirect_errors_total', 'reason="redirect_uri_mismatch",client="demo-spa",synthetic="false"');
    expect(metrics).toContain('tessera_login_duration_seconds_count{model="pkce",step="token",synthetic="true"} 2\n');
    expect(metrics).toContain('tessera_challenge_methods_total{method="S256"} 3\n');
  });

  it('given a client that becomes synthetic, when it logs in again, then it is counted so', async () => {
    const browser = await loggedIn(service);
    await codeFor(service, browser);
    await admin(service, 'PATCH', '/clients/demo-spa', { synthetic: true });
    await codeFor(service, browser);

    const metrics = await metricsOf(service);

    expect(metrics).toContain('tessera_codes_issued_total{client="demo-spa",synthetic="false"} 1\n');
    expect(metrics).toContain('tessera_codes_issued_total{client="demo-spa",synthetic="true"} 1\n');
  });

  it('given more clients than METRICS_CLIENTS, when they are named, then it is the first to be registered', async () => {
    const { app, config } = service;
    const clients = app.get(ClientStore, { strict: false });
    await clients.add(aClient('a-third', { registeredAt: 3_000 }));
    await clients.add(aClient('b-second', { registeredAt: 2_000 }));
    await clients.add(aClient('c-run', { registeredBy: 'run' }));
    await clients.add(aClient('d-first', { registeredAt: 1_000 }));
    const labels = new ClientLabels(config, clients);
    await labels.nameFirst();

    const named = async (clientId: string) => (await labels.of(clientId)).client;

    // Before them the four of the demo, which have no time.
    expect(await named('a-third')).toBe('other');
    expect(await named('b-second')).toBe('b-second');
    expect(await named('c-run')).toBe('other');
    expect(await named('d-first')).toBe('d-first');
    expect(await named('nobody')).toBe('other');
    expect(await labels.of(undefined)).toEqual({ client: '', synthetic: 'false' });
  });
});

describe('the memory of the metrics', () => {
  const service = fixture(() => startService('lmdb', { METRICS_CLIENTS: '10', TRUST_PROXY: '127.0.0.0/8, ::1/128' }));

  it('given 2,000 clients and 2,000 addresses, when all log in and fail, then there are no more series than labels', async () => {
    const clients = service.app.get(ClientStore, { strict: false });
    const ids = Array.from({ length: 2_000 }, (_, index) => `client-${index}`);
    for (let from = 0; from < ids.length; from += 500) {
      await Promise.all(ids.slice(from, from + 500).map((id) => clients.add(aClient(id, { registeredAt: 1 }))));
    }
    const instance = service.app.getHttpAdapter().getInstance();
    const ask = async (id: string, index: number) => {
      const headers = { 'x-forwarded-for': `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}` };
      const { statusCode } = await instance.inject({
        url: `/authorize?${authorizationQuery({ client_id: id, redirect_uri: redirectUri })}`,
        headers,
      });
      const known = statusCode === 303;
      await instance.inject({ url: `/authorize?client_id=unknown-${id}&x=${index}`, headers });
      return known;
    };
    let known = 0;
    for (let from = 0; from < ids.length; from += 100) {
      const answers = await Promise.all(ids.slice(from, from + 100).map((id, index) => ask(id, from + index)));
      known += answers.filter(Boolean).length;
    }

    const metrics = await metricsOf(service);

    expect(known).toBe(2_000);
    // The four of the demo, which asked for nothing, have a place as well; `other`; and no client.
    expect(valuesOf('client', metrics).size).toBe(6 + 2);
    expect(metrics).toContain('outcome="client_unknown",client="",synthetic="false"} 2000\n');
    expect(metrics).toContain('outcome="login",client="other",synthetic="false"} 1994\n');
    expect(metrics.split('\n').filter((line) => line.startsWith('tessera_login_')).length).toBeLessThan(300);
    expect(metrics).not.toMatch(/unknown-|10\.0\./);
  });
});
