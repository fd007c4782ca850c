import { describe, expect, it } from '@jest/globals';
import type { Api } from '../../src/domain/apis/api';
import { ApiStore } from '../../src/domain/apis/api-store';
import { newId } from '../../src/domain/credentials/secret';
import { StoreInspector } from '../../src/platform/storage/store-inspector';
import { fixture } from '../support/run/fixture';
import { openEmptyStore, portOf } from '../support/stores/open-empty-store';
import { openStores } from '../support/stores/open-stores';
import { hostileIds } from '../support/service/hostile-values';
import { bothStores } from '../support/stores/stores';

const anApi = (changes: Partial<Api> = {}): Required<Api> => ({
  id: newId(),
  identifier: `https://${newId()}.example/v1`,
  name: 'Notes, für alle',
  scopes: [{ name: 'notes:read', description: 'Read your notes' }],
  allowRegisteredClients: false,
  accessTokenLifetime: 60,
  secrets: [{ hash: 'hash' }, { hash: 'former', until: 1_700_000_000_000 }],
  managed: true,
  ...changes,
});

describe.each(bothStores)('the store of APIs on %s', (name) => {
  const here = fixture(() => openEmptyStore(name));
  const elsewhere = fixture(() => openStores(here));
  const apis = portOf(here, ApiStore);

  it('given APIs, when they are listed and asked for by identifier, then in the order of their ids, each with its own', async () => {
    const [one, other] = [anApi(), anApi()];
    for (const api of [one, other]) await apis.add(api);

    const listed = await apis.list();
    const found = await apis.findByIdentifier(other.identifier);
    await apis.remove(other.id);

    expect(listed).toStrictEqual([one, other].toSorted((a, b) => (a.id < b.id ? -1 : 1)));
    expect(found).toStrictEqual(other);
    expect(await apis.findByIdentifier(other.identifier)).toBeUndefined();
    await apis.remove(one.id);
  });

  it('given a change of id and identifier, when it is made, then both are what they were', async () => {
    const api = anApi();
    await apis.add(api);
    const others = { id: 'another', identifier: 'https://another.example' };

    const changed = await apis.change(api.id, (before) => ({ ...before, ...others }));

    expect(changed).toStrictEqual(api);
    expect(await apis.findByIdentifier(others.identifier)).toBeUndefined();
    await apis.remove(api.id);
  });

  it('given the change of another process, when it is asked for, then a new API is there at once and a change within 5 s', async () => {
    const [known, added] = [anApi(), anApi()];
    await apis.add(known);
    await apis.findByIdentifier(known.identifier);

    await elsewhere.get(ApiStore).change(known.id, (api) => ({ ...api, name: 'Changed' }));
    await elsewhere.get(ApiStore).add(added);
    const atOnce = await apis.findByIdentifier(added.identifier);
    await elsewhere.get(ApiStore).remove(added.id);
    here.clock.advance(5_000);
    const later = await apis.findByIdentifier(known.identifier);

    expect(atOnce).toStrictEqual(added);
    expect(later?.name).toBe('Changed');
    expect(await apis.findByIdentifier(added.identifier)).toBeUndefined();
    expect(await apis.listRecent()).toStrictEqual([{ ...known, name: 'Changed' }]);
    await apis.remove(known.id);
  });

  it('given what was read a moment ago, when it is asked for, then it comes without a read, and nobody can change it', async () => {
    const api = anApi();
    await apis.add(api);
    await apis.listRecent();

    const found = apis.findByIdentifier(api.identifier) as { name: string; scopes: unknown[] } & Api;

    expect(found).toStrictEqual(api);
    expect(apis.listRecent()).toStrictEqual([api]);
    expect(() => (found.name = 'changed')).toThrow(/read only/);
    expect(() => found.scopes.pop()).toThrow(/Cannot delete/);
    await apis.remove(api.id);
  });

  it('given hostile ids and identifiers, when they are asked for, then nothing is there', async () => {
    const found = await Promise.all(
      hostileIds.flatMap((id) => [apis.find(id), Promise.resolve(apis.findByIdentifier(id))]),
    );

    expect(found.filter((each) => each !== undefined)).toEqual([]);
    expect(await here.get(StoreInspector).count('apis')).toBe(0);
  });
});
