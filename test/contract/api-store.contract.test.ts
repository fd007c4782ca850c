import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Api } from '../../src/domain/apis/api';
import { ApiStore } from '../../src/domain/apis/api-store';
import { newId } from '../../src/domain/credentials/secret';
import { StoreInspector } from '../../src/platform/storage/store-inspector';
import { type OpenStores, openStores } from '../support/stores/open-stores';
import { hostileIds } from '../support/service/hostile-values';
import { emptyStore, bothStores } from '../support/stores/stores';

const anApi = (changes: Partial<Api> = {}): Required<Api> => ({
  id: newId(),
  identifier: `https://${newId()}.example/v1`,
  name: 'Notes, für alle',
  scopes: [{ name: 'notes:read', description: 'Read your notes' }],
  allowRegisteredClients: false,
  accessTokenLifetime: 60,
  secrets: [{ hash: 'hash' }, { hash: 'former', until: 1_700_000_000_000 }],
  ...changes,
});

describe.each(bothStores)('the store of APIs on %s', (name) => {
  const store = emptyStore(name);
  let here: OpenStores;
  let elsewhere: OpenStores;
  const apis = () => here.get(ApiStore);

  beforeAll(async () => {
    [here, elsewhere] = await Promise.all([openStores(store), openStores(store)]);
  });
  afterAll(async () => {
    await Promise.all([here.close(), elsewhere.close()]);
    await store.remove();
  });

  it('given a complete one and one with the least, when they are found, then they are what was added', async () => {
    const complete = anApi();
    const { accessTokenLifetime: _, secrets: __, ...least } = anApi({ scopes: [] });

    const added = [await apis().add(complete), await apis().add(least)];

    expect(added).toEqual([true, true]);
    expect(await apis().find(complete.id)).toStrictEqual(complete);
    expect(await apis().findByIdentifier(least.identifier)).toStrictEqual(least);
    expect(await apis().list()).toEqual([complete, least].toSorted((a, b) => (a.id < b.id ? -1 : 1)));
    for (const { id } of [complete, least]) await apis().remove(id);
  });

  it('given an identifier that is taken, however its empty path is written, when it is added, then the first one stays', async () => {
    const [first, second] = [anApi({ identifier: 'https://taken.example' }), anApi()];
    await apis().add(first);

    const added = [
      await apis().add({ ...second, identifier: 'https://taken.example/' }),
      await apis().add({ ...second, identifier: 'https://taken.example' }),
    ];

    expect(added).toEqual([false, false]);
    expect(await apis().findByIdentifier('https://taken.example/')).toStrictEqual(first);
    expect(await apis().find(second.id)).toBeUndefined();
    await apis().remove(first.id);
  });

  it('given 20 additions of one identifier at once, in two processes, when they are over, then one was added', async () => {
    const { identifier } = anApi();
    const adding = Array.from({ length: 20 }, (_, place) =>
      (place % 2 === 0 ? here : elsewhere).get(ApiStore).add(anApi({ identifier })),
    );

    const added = await Promise.all(adding);

    expect(added.filter(Boolean)).toHaveLength(1);
    for (const { id } of await apis().list()) await apis().remove(id);
  });

  it('given changes at once, when they are over, then none is lost, and id and identifier are what they were', async () => {
    const api = anApi({ scopes: [] });
    await apis().add(api);
    const names = Array.from({ length: 5 }, (_, place) => `scope${place}`);

    const changed = await Promise.all(
      names.map((each, place) =>
        (place % 2 === 0 ? here : elsewhere).get(ApiStore).change(api.id, (before) => ({
          ...before,
          id: 'another',
          identifier: 'https://another.example',
          scopes: [...before.scopes, { name: each, description: each }],
        })),
      ),
    );

    const found = await apis().find(api.id);
    expect(found?.scopes.map((scope) => scope.name).toSorted()).toEqual(names);
    expect(changed.map((each) => [each?.id, each?.identifier])).toEqual(names.map(() => [api.id, api.identifier]));
    expect(await apis().findByIdentifier('https://another.example')).toBeUndefined();
    await apis().remove(api.id);
  });

  it('given an optional field, when a change leaves it out, then it is gone', async () => {
    const api = anApi();
    const { secrets: _, accessTokenLifetime: __, ...fewer } = api;
    await apis().add(api);

    await apis().change(api.id, () => fewer);

    expect(await apis().find(api.id)).toStrictEqual(fewer);
    await apis().remove(api.id);
  });

  it('given a change that throws, or of an API that is not there, when it is asked for, then nothing is stored', async () => {
    const api = anApi();
    await apis().add(api);

    const changing = apis().change(api.id, () => {
      throw new RangeError('not so');
    });

    await expect(changing).rejects.toThrow(RangeError);
    expect(await apis().find(api.id)).toStrictEqual(api);
    expect(await apis().change(newId(), (before) => before)).toBeUndefined();
    await apis().remove(api.id);
  });

  it('given two, when one is removed, again and once more, then it alone is gone, and its identifier is free', async () => {
    const [gone, other] = [anApi(), anApi()];
    for (const each of [gone, other]) await apis().add(each);

    for (const id of [gone.id, gone.id, '\0', gone.identifier]) await apis().remove(id);

    expect(await apis().find(gone.id)).toBeUndefined();
    expect(await apis().findByIdentifier(gone.identifier)).toBeUndefined();
    expect(await apis().find(other.id)).toStrictEqual(other);
    expect(await apis().add(anApi({ identifier: gone.identifier }))).toBe(true);
    for (const { id } of await apis().list()) await apis().remove(id);
  });

  it('given the change of another process, when it is asked for, then a new API is there at once and a change within 5 s', async () => {
    const [known, added] = [anApi(), anApi()];
    await apis().add(known);
    await apis().findByIdentifier(known.identifier);

    await elsewhere.get(ApiStore).change(known.id, (api) => ({ ...api, name: 'Changed' }));
    await elsewhere.get(ApiStore).add(added);
    const atOnce = await apis().findByIdentifier(added.identifier);
    await elsewhere.get(ApiStore).remove(added.id);
    here.clock.advance(5_000);
    const later = await apis().findByIdentifier(known.identifier);

    expect(atOnce).toStrictEqual(added);
    expect(later?.name).toBe('Changed');
    expect(await apis().findByIdentifier(added.identifier)).toBeUndefined();
    expect(await apis().listRecent()).toStrictEqual([{ ...known, name: 'Changed' }]);
    await apis().remove(known.id);
  });

  it('given what was read a moment ago, when it is asked for, then it comes without a read, and nobody can change it', async () => {
    const api = anApi();
    await apis().add(api);
    await apis().listRecent();

    const found = apis().findByIdentifier(api.identifier) as { name: string; scopes: unknown[] } & Api;

    expect(found).toStrictEqual(api);
    expect(apis().listRecent()).toStrictEqual([api]);
    expect(() => (found.name = 'changed')).toThrow(/read only/);
    expect(() => found.scopes.pop()).toThrow(/Cannot delete/);
    await apis().remove(api.id);
  });

  it('given hostile ids and identifiers, when they are asked for, then nothing is there', async () => {
    const found = await Promise.all(
      hostileIds.flatMap((id) => [apis().find(id), Promise.resolve(apis().findByIdentifier(id))]),
    );

    expect(found.filter((each) => each !== undefined)).toEqual([]);
    expect(await here.get(StoreInspector).count('apis')).toBe(0);
  });
});
