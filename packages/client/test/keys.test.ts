import { beforeEach, describe, expect, it } from '@jest/globals';
import { createDiscovery } from '../src/discovery.ts';
import { protectedResource } from '../src/server/index.ts';
import { fixtureOfEach } from '../../../test/support/run/fixture.ts';
import { newGate } from './support/gate.ts';
import { startIssuer } from './support/issuer.ts';

describe('the keys of an issuer', () => {
  let at: number;

  const issuer = fixtureOfEach(startIssuer);
  beforeEach(() => {
    at = Date.now();
  });
  const discovery = fixtureOfEach(() => createDiscovery({ issuer: issuer.url, now: () => at }));

  const asked = () => issuer.asked.filter((path) => path === '/jwks').length;
  const find = (kid = 'one') => discovery.key(kid, 'RS256');
  const outcomeOf = (kid: string) => find(kid).catch(({ code }: { code: string }) => code);

  it.each([
    ['a max-age of 50 s', { 'cache-control': 'public, max-age=50' }, 50],
    ['a max-age in capitals and quotes', { 'cache-control': 'Max-Age="50"' }, 50],
    ['a max-age that a cache has used up in part', { 'cache-control': 'max-age=50', age: '30' }, 20],
    ['an age that is no number', { 'cache-control': 'max-age=50', age: '30, 20' }, 10],
    ['a max-age of a day', { 'cache-control': 'max-age=86400' }, 300],
    ['no word of it', {}, 60],
    ['that it must not be kept', { 'cache-control': 'no-store, max-age=0' }, 10],
  ])(
    'given an answer with %s, when a key is needed later, then the issuer is asked first from then on',
    async (_, headers, seconds) => {
      issuer.headers = headers;
      await find();
      at += seconds * 1_000 - 1;
      await find();
      const before = asked();
      at += 1;
      issuer.keys = [];

      expect(await find()).toBeUndefined();
      expect([before, asked()]).toEqual([1, 2]);
    },
  );

  it('given a clock that was put back by an hour, when a key is needed, then the issuer is asked first', async () => {
    await find();
    at -= 3_600_000;
    issuer.keys = [];

    expect(await find()).toBeUndefined();
  });

  it('given an issuer that fails, when it has keys no more, then those that are held stay in use, and it is asked every 10 s', async () => {
    await find();
    issuer.isFailing = true;
    at += 3_600_000;

    const keys = [];
    for (let second = 0; second < 30; second += 1, at += 1_000) keys.push(await find());

    expect(keys.filter((key) => key?.kid === 'one')).toHaveLength(30);
    expect(asked()).toBe(1 + 3);
  });

  it('given one that is under way, when the keys are reloaded, then they are asked for again', async () => {
    const gate = newGate();
    const gated = createDiscovery({
      issuer: issuer.url,
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        if (asked() === 1) {
          await gate.wait();
        }
        return response;
      },
    });

    const found = gated.key('one', 'RS256');
    await gate.isAsked;
    const reloaded = gated.reloadKeys();
    issuer.keys = [];
    gate.open();
    await Promise.all([found, reloaded]);

    expect(await gated.key('one', 'RS256')).toBeUndefined();
    expect(asked()).toBe(2);
  });

  describe('with 200 tokens whose key ids are made up', () => {
    it.each([
      ['fails from the start', false, true, 'temporarily_unavailable'],
      ['failed after it had answered', true, true, 'temporarily_unavailable'],
      ['answers', true, false, undefined],
    ])(
      'given an issuer that %s, when they come, then it is asked once, and once again after 10 s',
      async (_, hasAnswered, isFailing, outcome) => {
        if (hasAnswered) await find();
        const before = asked();
        issuer.isFailing = isFailing;
        at += 10_000;

        const outcomes = await flood(outcomeOf);
        const between = asked();
        at += 10_000;
        await flood(outcomeOf);

        expect(new Set(outcomes)).toEqual(new Set([outcome]));
        expect([between - before, asked() - before]).toEqual([1, 2]);
        if (hasAnswered) expect(await find()).toMatchObject({ kid: 'one' });
      },
    );

    it.each([false, true])(
      'given an API behind an issuer that fails, having answered before: %s, when they come, then it is asked once',
      async (hasAnswered) => {
        const now = Math.floor(at / 1_000);
        const claims = { iss: issuer.url, aud: 'notes', sub: 'user0', client_id: 'app', jti: '1', iat: now };
        const signed = (kid: string) => issuer.sign({ ...claims, exp: now + 900 }, { kid, typ: 'at+jwt' });
        const notes = protectedResource({ issuer: issuer.url, resource: 'notes', now: () => at });
        if (hasAnswered) await notes.verify(await signed('one'));
        issuer.isFailing = true;
        at += 10_000;

        const statuses = await flood(async (kid) =>
          notes.verify(await signed(kid)).catch(({ status }: { status: number }) => status),
        );

        expect(new Set(statuses)).toEqual(new Set([503]));
        expect(asked()).toBe(hasAnswered ? 2 : 1);
      },
    );
  });
});

/** One after the other, and then all at once. */
async function flood(work: (kid: string) => Promise<unknown>) {
  const kids = Array.from({ length: 200 }, (_, index) => `made-up-${index}`);
  const errors = [];
  for (const kid of kids.slice(0, 100)) errors.push(await work(kid));
  errors.push(...(await Promise.all(kids.slice(100).map(work))));
  return errors;
}
