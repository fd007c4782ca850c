import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, type JWK, jwtVerify, SignJWT } from 'jose';
import { type DocumentServer, documentServer } from '../../../test/support/clients/document-server';
import { TestClock } from '../../../test/support/service/test-clock';
import { Outbound } from '../../platform/outbound/outbound';
import { RemoteKeys } from './remote-keys';

const second = 1_000;

interface Pair {
  readonly jwk: JWK;
  /** A JWT signed by this key. */
  readonly token: string;
}

async function pairOf(kid: string): Promise<Pair> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const token = await new SignJWT({}).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey);
  return { jwk: { ...(await exportJWK(publicKey)), kid }, token };
}

describe('the keys at a jwks_uri', () => {
  let host: DocumentServer;
  let clock: TestClock;
  let keys: RemoteKeys;
  let first: Pair | undefined;
  let next: Pair | undefined;

  beforeAll(async () => {
    [first, next] = await Promise.all([pairOf('first'), pairOf('next')]);
  });
  beforeEach(async () => {
    host = await documentServer();
    clock = new TestClock();
    keys = new RemoteKeys(new Outbound({ production: false }), clock);
    host.serve({ keys: [first?.jwk] });
  });
  afterEach(() => host.close());

  const verifies = (pair: Pair | undefined, path = '/jwks') =>
    jwtVerify(pair?.token ?? '', keys.at(`${host.origin}${path}`, 'untrusted')).then(
      () => true,
      () => false,
    );

  it('given a key set, when tokens come at once and after each other, then it is fetched once', async () => {
    const verified = [...(await Promise.all([verifies(first), verifies(first)])), await verifies(first)];

    expect(verified).toEqual([true, true, true]);
    expect(host.asked).toHaveLength(1);
  });

  it('given the media type of key sets, when it is fetched, then it is one', async () => {
    host.serve({ keys: [first?.jwk] }, { 'content-type': 'application/jwk-set+json' });

    expect(await verifies(first)).toBe(true);
  });

  it('given a key that is new, when it has signed, then the set is fetched again, but not each time', async () => {
    await verifies(first);
    host.serve({ keys: [next?.jwk] });
    const early = [await verifies(next), await verifies(next)];
    clock.advance(30 * second);

    const later = [await verifies(next), await verifies(first), await verifies(first)];

    expect([...early, ...later]).toEqual([false, false, true, false, false]);
    expect(host.asked).toHaveLength(2);
  });

  it('given a set whose time is over, when a token comes, then a key that is gone is gone', async () => {
    host.serve({ keys: [first?.jwk] }, { 'cache-control': 'max-age=60' });
    await verifies(first);
    host.serve({ keys: [] });
    const before = await verifies(first);
    clock.advance(61 * second);

    expect([before, await verifies(first)]).toEqual([true, false]);
  });

  it('given a host that does not answer, when an untrusted request has an unknown key, then the others stay', async () => {
    await verifies(first);
    host.answer = (_request, response) => void response.writeHead(500).end();
    clock.advance(31 * second);

    expect([await verifies(next), await verifies(first)]).toEqual([false, true]);
    expect(host.asked).toHaveLength(2);
  });

  it('given a host that has not answered, when it does again, then it is asked after a while, and not before', async () => {
    host.answer = (_request, response) => void response.writeHead(500).end();
    const down = [await verifies(first), await verifies(first)];
    host.serve({ keys: [first?.jwk] });
    const early = await verifies(first);
    clock.advance(30 * second);

    expect([...down, early, await verifies(first)]).toEqual([false, false, false, true]);
    expect(host.asked).toHaveLength(2);
  });

  it('given a host that no longer answers, when its set has become too old, then it is taken for ten minutes more', async () => {
    host.serve({ keys: [first?.jwk] }, { 'cache-control': 'max-age=60' });
    await verifies(first);
    host.answer = (_request, response) => void response.writeHead(500).end();
    clock.advance(600 * second);
    const within = await verifies(first);
    clock.advance(61 * second);

    expect([within, await verifies(first)]).toEqual([true, false]);
  });

  it('given the most untrusted fetches at once, when a token comes, then it gets 503, and nothing is cached', async () => {
    const waiting: (() => void)[] = [];
    host.answer = (_request, response) => void waiting.push(() => response.end());
    const held = Array.from({ length: 4 }, (_, at) => verifies(first, `/${at}`));
    while (waiting.length < 4) await nextTurn();
    const refused = await jwtVerify(first?.token ?? '', keys.at(`${host.origin}/jwks`, 'untrusted')).catch(
      (error: unknown) => error,
    );
    for (const answer of waiting) answer();
    await Promise.all(held);
    host.serve({ keys: [first?.jwk] });

    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    expect(await verifies(first)).toBe(true);
  });

  it('given a set with more than is known, when its key has signed, then it is found among it', async () => {
    host.serve({ keys: [null, {}, { kty: 'oct', k: 'c2VjcmV0' }, { ...first?.jwk, x5c: ['a'], more: {} }] });

    expect(await verifies(first)).toBe(true);
  });

  it('given a set that an administrator named, too, when an untrusted client has it fetched, then ours is fetched separately', async () => {
    await verifies(first);
    const ours = await jwtVerify(first?.token ?? '', keys.at(`${host.origin}/jwks`, 'us'));

    expect([ours.payload, host.asked.length]).toEqual([{}, 2]);
  });

  it.each([
    ['no JSON', 'keys'],
    ['a list', []],
    ['keys that are none', { keys: 'a' }],
    ['a key that is none', { keys: [null] }],
    ['a secret', { keys: [{ kty: 'oct', k: 'c2VjcmV0', kid: 'first', alg: 'ES256' }] }],
    ['more than is read', { keys: [], more: 'a'.repeat(33_000) }],
  ])('given %s, when a token comes, then it is not verified', async (_what, value) => {
    host.serve(value);

    expect(await verifies(first)).toBe(false);
  });
});
