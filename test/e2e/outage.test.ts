import { describe, expect, it } from '@jest/globals';
import { BrowserSession } from '../support/clients/browser-session';
import { eventually } from '../support/run/eventually';
import {
  askWith,
  authorizationQuery,
  basic,
  codeFor,
  loggedIn,
  redeem,
  redemption,
  submitPassword,
} from '../support/clients/pkce-login';
import { startServiceOn, type TestService } from '../support/service/service';
import { breakableStore, outagesOf } from '../support/stores/store-outage';
import { bothStores } from '../support/stores/stores';
import { signedChallenge } from '../support/clients/wallet';

/** A store may take five seconds; then the answer must be there. */
const boundMs = 9_000;
const healedWithinMs = 20_000;
const noticedWithinMs = 5_000;

const cases = bothStores.flatMap((store) => outagesOf[store].map((outage) => [store, outage] as const));

describe.each(cases)('%s that is %s in the middle of logins', (name, outage) => {
  it('given logins under way, when the store goes and comes back, then each gets 503 and then goes on', async () => {
    const store = await breakableStore(name);
    const service = await startServiceOn(store);
    const logins = await halfwayLogins(service);

    await store.goAway(outage);
    // The embedded store looks for its file ten times a second; a server that hangs is to be met by the logins first.
    if (name === 'lmdb') await eventually(isUnready(service), { withinMs: noticedWithinMs });
    const refused = await Promise.all(Object.values(logins).map((step) => timed(step)));
    const [live, ready] = await Promise.all([statusOf(service, '/health/live'), statusOf(service, '/health/ready')]);
    const preflight = await fetch(`${service.url}/token`, {
      method: 'OPTIONS',
      headers: { origin: service.url, 'access-control-request-method': 'POST' },
    });
    await store.comeBack();
    await eventually(async () => (await statusOf(service, '/health/ready')) === 200, { withinMs: healedWithinMs });
    const page = await logins.password();
    const others = [logins.code(), logins.wallet(), logins.me(), logins.push(), logins.introspection()];
    const statuses = (await Promise.all(others)).map(({ status }) => status);
    await service.stop();
    await store.remove();

    for (const { status, retryAfter, body, ms } of refused) {
      expect({ status, retryAfter, body }).toEqual({
        status: 503,
        retryAfter: expect.stringMatching(/^[1-9]\d*$/),
        body: { error: 'temporarily_unavailable', error_description: expect.any(String) },
      });
      expect(ms).toBeLessThan(boundMs);
    }
    expect([live, ready]).toEqual([200, 503]);
    expect(causesIn(service.log).length).toBeGreaterThan(0);
    expect(causesIn(service.log).filter((cause) => !causes.test(cause))).toEqual([]);
    expect(preflight.headers.has('access-control-allow-origin')).toBe(false);
    expect(await preflight.json()).toEqual({ error: 'invalid_request', error_description: expect.any(String) });
    expect([page.status, ...statuses]).toEqual([303, 200, 200, 200, 201, 200]);
  });
});

/** What we say ourselves, or the name of the driver's error. */
const causes = /^(?:the data file was removed or replaced|no answer in time|not connected yet|\w*Error)$/;

/** Why each 503 of the log was one. */
function causesIn(log: readonly string[]): string[] {
  return log
    .filter((line) => line.includes('"status":503'))
    .map((line) => (JSON.parse(line) as { cause: string }).cause);
}

/** The next request of one login of each kind, to be sent as often as it takes. */
async function halfwayLogins(service: TestService) {
  const visitor = new BrowserSession(service.url);
  const html = await (await visitor.fetch('/login')).text();
  const browser = await loggedIn(service);
  const code = await codeFor(service, browser);
  const { body: tokens } = await redeem(service, await codeFor(service, browser));
  const { nonce, signature } = await signedChallenge(service);
  const send = (path: string, init: RequestInit) => fetch(service.url + path, { method: 'POST', ...init });
  return {
    password: () => submitPassword(visitor, html),
    code: () =>
      send('/token', {
        body: new URLSearchParams(Object.entries(redemption(code)).map(([key, value]) => [key, value ?? ''])),
      }),
    wallet: () =>
      send('/wallet/verify', {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ nonce, signature }),
      }),
    me: () => askWith(service, tokens['access_token']),
    push: () => send('/par', { body: authorizationQuery() }),
    introspection: () =>
      send('/introspect', {
        headers: basic('demo-client', 'demo-secret'),
        body: new URLSearchParams({ token: String(tokens['access_token']) }),
      }),
  };
}

function isUnready(service: TestService): () => Promise<boolean> {
  return async () => (await statusOf(service, '/health/ready')) === 503;
}

async function timed(step: () => Promise<Response>) {
  const begun = Date.now();
  const response = await step();
  const retryAfter = response.headers.get('retry-after');
  return { status: response.status, retryAfter, body: await response.json(), ms: Date.now() - begun };
}

async function statusOf({ url }: TestService, path: string): Promise<number> {
  return (await fetch(url + path)).status;
}
