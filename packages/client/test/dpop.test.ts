import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { dpop, memoryKeys } from '../src/index.ts';
import { fixtureOfEach } from '../../../test/support/run/fixture.ts';

const issuer = 'https://login.example.com/token';
const api = 'https://api.example.com/notes';
/** Seconds since 1970, by the device. */
const device = 1_800_000_000;

/** An answer that says what time it is: seconds since 1970. */
const answerAt = (seconds: number) => {
  const date = Number.isNaN(seconds) ? 'yesterday' : new Date(seconds * 1_000).toUTCString();
  return new Response('', { headers: { date, 'cache-control': 'no-store' } });
};

describe('the time of a proof', () => {
  const key = fixtureOfEach(() => dpop({ keys: memoryKeys(), now: () => device * 1_000 }));

  const timeFor = async (url: string, accessToken?: string) =>
    decodeJwt(await key.proof({ method: 'POST', url, accessToken })).iat;

  it.each([device + 7_200, device - 7_200, NaN])(
    'given an API that says it is %i, when the issuer is asked next, then the proof has the time that it had',
    async (seconds) => {
      const before = await timeFor(issuer);

      await timeFor(api, 'an access token');
      key.observe(api, answerAt(seconds));

      expect(await timeFor(issuer)).toBe(before);
      expect(before).toBeGreaterThan(device - 60);
    },
  );

  it('given a device whose clock is off, when the issuer has said what time it is, then an API that does not say has that too', async () => {
    await timeFor(issuer);
    const isOther = key.observe(issuer, answerAt(device + 7_200));

    expect(isOther).toBe(true);
    expect(await timeFor(issuer)).toBe(device + 7_200);
    expect(await timeFor(api, 'an access token')).toBe(device + 7_200);
  });

  it('given an API whose clock is off, when it is asked again, then the proof has its time', async () => {
    await timeFor(api, 'an access token');
    const isOther = key.observe(api, answerAt(device + 7_200));

    expect([isOther, await timeFor(api, 'an access token')]).toEqual([true, device + 7_200]);
  });
});
