import { describe, expect, it } from '@jest/globals';
import { RpIdStore } from '../../src/domain/identity/rp-id-store';
import { newPasskeyOwner } from '../support/clients/passkey';
import { fixture, fixtureOfEach } from '../support/run/fixture';
import { freePort } from '../support/run/free-port';
import { startTypeScript } from '../support/run/ts-process';
import { settingsFor } from '../support/service/production';
import { startServiceOn } from '../support/service/service';
import { openStores } from '../support/stores/open-stores';
import { contentsOf } from '../support/stores/store-contents';
import { bothStores, emptyStore } from '../support/stores/stores';

describe.each(bothStores)('the RP ID of a store on %s', (name) => {
  const store = fixtureOfEach(() => emptyStore(name));

  /** Leaves a store with one passkey, of the RP ID `localhost`. */
  async function useOnce(withPasskey: boolean): Promise<void> {
    const service = await startServiceOn(store);
    if (withPasskey) await newPasskeyOwner(service);
    await service.stop();
  }

  const start = async (env: Readonly<Record<string, string>>) =>
    startTypeScript('src/main.ts', [], { ...store.env, ...settingsFor({}), PORT: String(await freePort()), ...env });

  it.each([
    ['another host', { ISSUER: 'http://auth.localhost:3000' }, 'RP_ID: "auth.localhost"'],
    ['an IP address', { ISSUER: 'http://127.0.0.1:3000' }, 'RP_ID: (none)'],
  ])(
    'given a passkey in the store, when the service starts as %s, then it ends with 78 and one line, and writes nothing',
    async (_what, env, setting) => {
      await useOnce(true);
      const before = await contentsOf(name, store);

      const started = await start(env);

      expect(await started.exited).toBe(78);
      expect(started.output()).toBe(
        `${setting} is not allowed; allowed: "localhost", which the passkeys of this store are bound to\n`,
      );
      expect(await contentsOf(name, store)).toBe(before);
    },
  );

  it('given a passkey in the store, when a command has another issuer, then it ends with 78 and one line', async () => {
    await useOnce(true);
    const env = { ...store.env, ...settingsFor({}), ISSUER: 'http://auth.localhost:3000' };

    const command = startTypeScript('src/apps/cli/main.ts', ['users', 'list'], env);

    expect(await command.exited).toBe(78);
    expect(command.output()).toMatch(/^tessera: RP_ID: [^\n]+\n$/);
  });

  it('given no passkey yet, when the service starts as another host, then it may', async () => {
    await useOnce(false);

    const service = await startServiceOn(store, { ISSUER: 'http://auth.localhost:3000' });
    await service.stop();

    expect(service.config.rpId).toBe('auth.localhost');
  });

  describe('of several processes that keep the first one', () => {
    const opened = fixture(() => emptyStore(name));
    const stores = fixture(() => openStores(opened));

    it('given two RP IDs at once, when each is kept again and again, then one of them is the store’s', async () => {
      const rpIds = stores.get(RpIdStore);
      const asked = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? 'a.example' : 'b.example'));

      const kept = await Promise.all(asked.map((each) => rpIds.keep(each)));

      const winner = await rpIds.find();
      expect(asked.map((each) => each === winner)).toEqual(kept);
    });
  });
});
