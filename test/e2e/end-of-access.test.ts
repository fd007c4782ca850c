import { describe, expect, it } from '@jest/globals';
import type { Client } from '../../src/domain/clients/client';
import { ConsentStore } from '../../src/protocols/login/consent-store';
import { type BrowserSession, hiddenFields } from '../support/clients/browser-session';
import {
  allow,
  authorizationQuery,
  codeFor,
  type IssuedCode,
  locationOf,
  loggedIn,
  redeem,
} from '../support/clients/pkce-login';
import { registerClient } from '../support/clients/registered';
import { fixture } from '../support/run/fixture';
import { startServiceOn } from '../support/service/service';
import { emptyStore, bothStores } from '../support/stores/stores';

const scope = 'openid offline_access';

async function endAccess(person: BrowserSession, { clientId }: Client): Promise<number> {
  const { csrf = '' } = hiddenFields(await (await person.fetch('/account')).text());
  return (await person.postForm('/account', { csrf, end: 'app', id: clientId })).status;
}

async function allowAgain(browser: BrowserSession, { clientId }: Client): Promise<void> {
  await allow(browser, await browser.fetch(`/authorize?${authorizationQuery({ client_id: clientId, scope })}`));
}

describe.each(bothStores)('codes around the end of their client’s access on %s', (name) => {
  const store = fixture(() => emptyStore(name));
  /** Where the application is, and where the end-user ends its access: two hosts of one service. */
  const service = fixture(() => startServiceOn(store));
  const other = fixture(() => startServiceOn(store));

  async function allowed(browser: BrowserSession): Promise<Client> {
    const client = await registerClient(service, { firstParty: false });
    await allowAgain(browser, client);
    return client;
  }
  const silently = (browser: BrowserSession, { clientId }: Client) =>
    codeFor(service, browser, { client_id: clientId, scope, prompt: 'none' });
  const reasonOf = async (code: IssuedCode) => {
    const { status, body } = await redeem(service, code);
    return status === 200 ? 'redeemed' : body['reason'];
  };

  it('given a request that has found the consent, when the access ends before its code is saved, then the code is worth nothing', async () => {
    const [browser, person] = [await loggedIn(service), await loggedIn(other)];
    const client = await allowed(browser);
    const consents = service.app.get(ConsentStore);
    const find = consents.find.bind(consents);
    let ended: number | undefined;
    consents.find = async (...given) => {
      consents.find = find;
      const consent = await find(...given);
      ended = await endAccess(person, client);
      return consent;
    };

    const code = await silently(browser, client);

    expect(ended).toBe(303);
    expect(await reasonOf(code)).toBe('code_unknown');
  });

  it.each([
    ['as that of the other host', 0],
    ['ten seconds ahead', 10_000],
    ['ten seconds behind', -10_000],
  ])(
    'given an application that asks without pause, by a clock %s, when its access ends, then none of its codes is redeemed after the answer',
    async (_, apart) => {
      const [browser, person] = [await loggedIn(service), await loggedIn(other)];
      service.clock.advance(apart);
      for (let round = 0; round < 4; round += 1) {
        const client = await allowed(browser);
        const codes = [await silently(browser, client)];
        const askWithoutPause = async () => {
          for (let code; (code = await silently(browser, client).catch(() => undefined)) !== undefined;)
            codes.push(code);
        };
        const asking = Array.from({ length: 6 }, askWithoutPause);

        await endAccess(person, client);
        await Promise.all(asking);

        const reasons = new Set(await Promise.all(codes.map(reasonOf)));
        expect([...reasons]).toEqual(['code_unknown']);
      }
    },
  );

  it('given an access that has ended, when the end-user allows the client again in the same browser, then its code is redeemed', async () => {
    const [browser, person] = [await loggedIn(service), await loggedIn(other)];
    const client = await allowed(browser);
    await endAccess(person, client);
    const query = authorizationQuery({ client_id: client.clientId, scope, prompt: 'none' });
    const refused = locationOf(await browser.fetch(`/authorize?${query}`), service).searchParams.get('error');

    // By a clock that says so, and not within the millisecond of the end.
    service.clock.advance(1_000);
    await allowAgain(browser, client);

    expect(refused).toBe('consent_required');
    expect(await reasonOf(await silently(browser, client))).toBe('redeemed');
  });
});
