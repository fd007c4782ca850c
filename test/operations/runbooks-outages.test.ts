import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { eventually } from '../support/run/eventually';
import { OperatorDrill } from '../support/operations/operator-drill';
import { codeFor, loggedIn, redeem } from '../support/clients/pkce-login';
import { pagesOfOutages, runbooks } from '../support/operations/runbooks';
import { breakableStore, type BreakableStore } from '../support/stores/store-outage';
import { bothStores } from '../support/stores/stores';
import { newAccount, signIn } from '../support/clients/wallet';

const pagesOf = (what: 'store' | 'service') => runbooks().filter(({ name }) => pagesOfOutages.get(name) === what);

describe.each(bothStores)('the runbooks of outages, on %s', (storeName) => {
  let drill: OperatorDrill;
  let store: BreakableStore;

  beforeAll(async () => {
    store = await breakableStore(storeName);
    drill = await OperatorDrill.begin(store, storeName);
    await someLogins(drill);
    await drill.scrapedTwice();
  });
  afterAll(() => drill.end());

  describe('while the store is away', () => {
    beforeAll(async () => {
      const browser = await loggedIn(drill.service);
      const codes = await Promise.all(Array.from({ length: 6 }, () => codeFor(drill.service, browser)));
      await store.goAway(store.outages[0] ?? '');
      await drill.scrapedTwice();
      for (const half of [codes.slice(3), codes.slice(0, 3)]) {
        for (const code of half) await redeem(drill.service, code);
        await drill.scrapedTwice();
      }
    });
    afterAll(async () => {
      await store.comeBack();
      const isReady = () => fetch(`${drill.service.url}/health/ready`).then(({ ok }) => ok);
      await eventually(isReady, { withinMs: 20_000 });
      await someLogins(drill);
    });

    it.each(pagesOf('store'))(
      'given $name, when its commands are run, then each ends and prints as the page says',
      (page) => drill.run(page, 'broken'),
    );
  });

  describe('when the store is back', () => {
    it.each(pagesOf('store'))('given $name, when it is seen whether it worked, then it did', (page) =>
      drill.run(page, 'fixed'),
    );
  });

  describe('while the service does not run', () => {
    beforeAll(async () => {
      await drill.stop();
      await drill.scrapedTwice();
    });
    afterAll(() => drill.start());

    it.each(pagesOf('service'))(
      'given $name, when its commands are run, then each ends and prints as the page says',
      (page) => drill.run(page, 'broken'),
    );
  });

  describe('when the service runs again', () => {
    it.each(pagesOf('service'))('given $name, when it is seen whether it worked, then it did', (page) =>
      drill.run(page, 'fixed'),
    );
  });
});

/** Of both models, with scrapes between, so that they are an increase. */
async function someLogins(drill: OperatorDrill): Promise<void> {
  const browser = await loggedIn(drill.service);
  for (let round = 0; round < 2; round += 1) {
    await redeem(drill.service, await codeFor(drill.service, browser));
    await signIn(drill.service, newAccount());
    await drill.scrapedTwice();
  }
}
