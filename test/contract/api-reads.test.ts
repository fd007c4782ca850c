import { beforeAll, describe, expect, it } from '@jest/globals';
import { AccessRequests } from '../../src/domain/apis/access-requests';
import type { Api } from '../../src/domain/apis/api';
import { ApiStore } from '../../src/domain/apis/api-store';
import { newId } from '../../src/domain/credentials/secret';
import { Audiences } from '../../src/domain/tokens/audiences';
import { fixture } from '../support/run/fixture';
import { openEmptyStore } from '../support/stores/open-empty-store';
import { sampleGrant } from '../support/stores/sample-grants';

const api: Api = {
  id: newId(),
  identifier: 'https://notes.example/v1',
  name: 'Notes',
  scopes: [{ name: 'notes:read', description: 'Read your notes' }],
  allowRegisteredClients: false,
};
const client = { scopes: ['openid', 'notes:read'] };

describe('what a login reads of the APIs', () => {
  const stores = fixture(() => openEmptyStore('lmdb'));
  beforeAll(async () => {
    await stores.get(ApiStore).add(api);
  });

  /** Decides, describes and gives a token, and tells for which audience and after how many calls of the store. */
  async function readsOf(asked: Parameters<AccessRequests['decide']>[0], resources: readonly string[]) {
    let reads = 0;
    const counted = new Proxy(stores.get(ApiStore), {
      get(target, method: keyof ApiStore) {
        reads += 1;
        return target[method].bind(target);
      },
    });
    const requests = new AccessRequests(stores.config, counted);
    const access = await requests.decide(asked, { scope: ['openid', 'notes:read'], resources });
    if (typeof access === 'string') throw new Error(access);
    await requests.describe(access);
    const { aud } = await new Audiences(stores.config, counted).of(
      { ...sampleGrant(Date.now()), ...access },
      undefined,
    );
    return { aud, reads };
  }

  it('given a client that names no resource, or this server, when it logs in, then nothing is read', async () => {
    const { issuer } = stores.config;

    expect(await readsOf(client, [])).toEqual({ aud: issuer, reads: 0 });
    expect(await readsOf(client, [issuer])).toEqual({ aud: issuer, reads: 0 });
  });

  it('given one that names an API, or has it by default, when it logs in, then that is what is read', async () => {
    const { identifier } = api;

    expect((await readsOf(client, [identifier])).aud).toBe(identifier);
    expect((await readsOf(client, [identifier])).reads).toBeGreaterThan(0);
    expect((await readsOf({ ...client, defaultResource: identifier }, [])).reads).toBeGreaterThan(0);
  });
});
