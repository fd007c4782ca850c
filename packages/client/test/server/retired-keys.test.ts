import { beforeEach, describe, expect, it } from '@jest/globals';
import { KeyRing } from '../../../../src/domain/tokens/key-ring.ts';
import { fixture } from '../../../../test/support/run/fixture.ts';
import { startService } from '../../../../test/support/service/service.ts';
import { ResourceError } from '../../src/server/index.ts';
import { testApi } from './api.ts';

const get = (token: string) => ({ method: 'GET', url: '/notes', headers: { authorization: `Bearer ${token}` } });

describe('an API whose issuer has retired its keys at once', () => {
  let asked: number;
  let isAway: boolean;

  const service = fixture(startService);
  const api = fixture(() => testApi(service));
  beforeEach(() => {
    asked = 0;
    isAway = false;
  });

  /** An API that knows the keys, and a token by one of them, which does not expire in a day. */
  async function servedOnce() {
    const notes = api.resource({
      clockTolerance: 86_400,
      fetch: (url, init) => {
        asked += 1;
        return isAway ? Promise.reject(new TypeError('fetch failed')) : fetch(url, init);
      },
    });
    const token = await api.accessToken();
    await notes.authorize(get(token));
    return {
      notes,
      token,
      /** `served`, or why it was not. */
      show: (shown = token) =>
        notes.authorize(get(shown)).then(
          () => 'served',
          (error: unknown) => (error instanceof ResourceError ? error.reason : error),
        ),
    };
  }
  const retire = () => service.app.get(KeyRing).rotate(true);

  it.each([50, 61, 599, 6 * 3_600])(
    'given that nobody asked meanwhile, when a token of the old key comes %i s after, then it is refused',
    async (seconds) => {
      const { show } = await servedOnce();
      await retire();
      service.clock.advance(seconds * 1_000);

      expect(await show()).toBe('access_token_invalid');
    },
  );

  it('given 20 requests a minute after, when they come at once, then all wait for one answer of the issuer, and none is served', async () => {
    const { show } = await servedOnce();
    await retire();
    service.clock.advance(60_000);
    const before = asked;

    const outcomes = await Promise.all(Array.from({ length: 20 }, () => show()));

    expect(new Set(outcomes)).toEqual(new Set(['access_token_invalid']));
    expect(asked - before).toBe(1);
  });

  it('given an operator who tells the API to, when the keys are reloaded, then the old one is refused and the new one taken at once', async () => {
    const { notes, show } = await servedOnce();
    await retire();
    const before = await show();

    await notes.reloadKeys();

    expect([before, await show(), await show(await api.accessToken())]).toEqual([
      'served',
      'access_token_invalid',
      'served',
    ]);
  });

  it('given an issuer that is away, when the keys are to be reloaded, then that is an error, and tokens are verified as before for an hour', async () => {
    const { notes, show } = await servedOnce();
    isAway = true;

    const error: unknown = await notes.reloadKeys().catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ statusCode: 503, reason: 'authorization_server_unavailable' });
    service.clock.advance(3_600_000);
    expect(await show()).toBe('served');
  });
});
