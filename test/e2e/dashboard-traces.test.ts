import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Sampling } from '../../src/operations/tracing/sampling';
import type { IssuedChallenge } from '../../src/protocols/wallet/issued-challenge.openapi';
import { adminToken } from '../support/operations/admin';
import { startCollector } from '../support/operations/collector';
import { consoleBrowser } from '../support/operations/console';
import { eventually } from '../support/run/eventually';
import { authorizationQuery, codeFor, loggedIn, redeem } from '../support/clients/pkce-login';
import { fixtureOfEach } from '../support/run/fixture';
import { startService, type TestService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { challengeFor, newAccount, post, signIn } from '../support/clients/wallet';

const title = 'Traces of failed exchanges';
const wrongVerifier = { code_verifier: 'w'.repeat(43) };

/** The rows of the table, without their times: model, step, outcome, client, trace. */
async function tracesOf(service: TestService, range = '1h'): Promise<readonly string[][]> {
  const browser = await consoleBrowser(service);
  const html = await (await browser.fetch(`/admin/dashboard?view=on-call&range=${range}`)).text();
  const [, table = ''] = html.split(`>${title}</h2>`);
  const rows = [...table.matchAll(/<tr>((?:<td>[^<]*<\/td>)+)<\/tr>/g)];
  return rows.map(([, cells = '']) => [...cells.matchAll(/<td>([^<]*)<\/td>/g)].map(([, text = '']) => text).slice(1));
}

describe.each(storesUnderTest)('the traces of failed exchanges on %s', (store) => {
  const collector = fixtureOfEach(startCollector);

  const traced = (env: Readonly<Record<string, string>> = {}): Promise<TestService> =>
    startService(store, {
      ADMIN_TOKEN: adminToken,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_TRACES_SAMPLER_ARG: '1',
      ...env,
    });

  const latest = (outcome: string) =>
    collector.spans.findLast(({ attributes }) => attributes['tessera.outcome'] === outcome)?.traceId;

  it('given exchanges of both models, when the on-call view is shown, then it has the latest trace of each that failed', async () => {
    const service = await traced();
    const browser = await loggedIn(service);
    await browser.fetch(`/authorize?${authorizationQuery({ client_id: 'nobody' })}`);
    await redeem(service, await codeFor(service, browser), wrongVerifier);
    service.clock.advance(1_000);
    const code = await codeFor(service, browser);
    await redeem(service, code, wrongVerifier);
    service.clock.advance(1_000);
    await redeem(service, code);
    await signIn(service, newAccount());
    const { nonce, message } = await challengeFor(service, newAccount());
    await post(service, '/wallet/verify', { nonce, signature: await newAccount().signMessage({ message }) });

    // A span ends when its answer has been sent.
    await eventually(async () => (await tracesOf(service)).length === 2, { withinMs: 20_000 });
    const shown = await tracesOf(service);
    service.clock.advance(16 * 60_000);
    const later = await tracesOf(service, '15m');
    await service.stop();

    expect(shown).toEqual([
      ['wallet', 'verify', 'signature_mismatch', 'demo-dapp', latest('signature_mismatch')],
      ['pkce', 'token', 'code_verifier_mismatch', 'demo-spa', latest('code_verifier_mismatch')],
    ]);
    expect(later).toEqual([]);
  });

  it('given an exchange that is sampled only because its beginning was, when it fails, then its trace is there', async () => {
    const service = await traced({ OTEL_TRACES_SAMPLER_ARG: '0.5' });
    const sampling = new Sampling(service.config, 0.5);
    const ids = Array.from({ length: 100 }, () => randomBytes(16).toString('hex'));
    const parents = [true, false].map((sampled) => ids.find((id) => sampling.includes(id) === sampled) ?? '');
    const [beginning, exchange] = parents.map((id) => ({ traceparent: `00-${id}-${'1'.repeat(16)}-01` }));
    const { address } = newAccount();
    const { body } = await post(service, '/wallet/challenge', { address }, beginning);
    const { nonce, message } = body as unknown as IssuedChallenge;
    const signature = await newAccount().signMessage({ message });
    await post(service, '/wallet/verify', { nonce, signature }, exchange);

    await eventually(async () => (await tracesOf(service)).length === 1, { withinMs: 20_000 });
    const shown = await tracesOf(service);
    await service.stop();

    expect(shown).toEqual([['wallet', 'verify', 'signature_mismatch', 'demo-dapp', parents[1]]]);
  });

  it('given a service without tracing, when the view is shown, then it says so', async () => {
    const service = await startService(store, { ADMIN_TOKEN: adminToken });
    const browser = await consoleBrowser(service);

    const html = await (await browser.fetch('/admin/dashboard?view=on-call')).text();
    await service.stop();

    expect(html.split(`>${title}</h2>`)[1]).toContain('Tracing is off');
  });
});
