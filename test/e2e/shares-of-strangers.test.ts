import { describe, expect, it } from '@jest/globals';
import { documentServer } from '../support/clients/document-server';
import { authorizationQuery } from '../support/clients/pkce-login';
import { callback, nativeClient, register } from '../support/clients/registration';
import { startService, type TestService } from '../support/service/service';
import { bothStores } from '../support/stores/stores';

const limited = { RATE_LIMIT: 'on', TRUST_PROXY: '127.0.0.1', REGISTRATION: 'open' };
const [hour, day] = [3_600_000, 86_400_000];
const networks = [
  ['a /48', (at: number) => `2001:db8:7:${at.toString(16)}::1`, '2001:db8:8::1'],
  ['a /24', (at: number) => `198.51.100.${at}`, '198.51.101.1'],
] as const;

/** Runs in one minute of one day, of which three hours are left. */
function withinADay(service: TestService, work: () => Promise<void>): Promise<void> {
  return service.clock.standStill(async () => {
    const left = day - (service.clock.now() % day);
    if (left < 3 * hour) service.clock.advance(left);
    await work();
  });
}

describe.each(bothStores)('what one network may have of the day on %s', (name) => {
  it.each(networks)(
    'given %s that names 200 new documents, when it names another, then it is 429, and another network is served',
    async (_what, ipOf, elsewhere) => {
      const service = await startService(name, limited);
      const hosts = await Promise.all(Array.from({ length: 4 }, () => documentServer()));
      const askFrom = async (ip: string, at: number) => {
        const host = hosts[at % hosts.length];
        const clientId = `${host?.origin}/client-${at}`;
        host?.serve({ client_id: clientId, redirect_uris: [callback] });
        const query = authorizationQuery({ client_id: clientId, redirect_uri: callback, state: undefined });
        const init = { headers: { 'x-forwarded-for': ip }, redirect: 'manual' } as const;
        return (await fetch(`${service.url}/authorize?${query}`, init)).status;
      };
      const statuses: number[] = [];

      await withinADay(service, async () => {
        for (let at = 0; at < 200; at += 1) statuses.push(await askFrom(ipOf(at % 10), at));
        statuses.push(await askFrom(ipOf(10), 200), await askFrom(elsewhere, 201));
      });
      await Promise.all([service.stop(), ...hosts.map((host) => host.close())]);

      expect([new Set(statuses.slice(0, 200)), statuses.slice(200)]).toEqual([new Set([303]), [429, 303]]);
    },
  );
});

describe('what one network may register in a day', () => {
  it('given a /48 that registered 1,000 clients, when it registers another an hour later, then it is 429, and another network may', async () => {
    const service = await startService('lmdb', limited);
    const registerFrom = async (ip: string) =>
      (await register(service, nativeClient, { 'x-forwarded-for': ip })).status;
    const statuses: number[] = [];

    await withinADay(service, async () => {
      for (let half = 0; half < 2; half += 1) {
        for (let at = 0; at < 500; at += 1) statuses.push(await registerFrom(`2001:db8:7:${half}${at % 10}::1`));
        service.clock.advance(hour);
      }
      statuses.push(await registerFrom('2001:db8:7:99::1'), await registerFrom('2001:db8:8::1'));
    });
    await service.stop();

    expect([new Set(statuses.slice(0, 1_000)), statuses.slice(1_000)]).toEqual([new Set([201]), [429, 201]]);
  });
});
