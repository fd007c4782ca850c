import { describe, expect, it } from '@jest/globals';
import { ChallengeStore } from '../../src/domain/challenges/challenge-store';
import { newSecret } from '../../src/domain/credentials/secret';
import { type FoundRequest, PushedRequests, type ShownRequest } from '../../src/protocols/login/pushed-requests';
import { fixture } from '../support/run/fixture';
import { openEmptyStore, portOf } from '../support/stores/open-empty-store';
import { sampleChallenges } from '../support/stores/sample-challenges';
import { bothStores } from '../support/stores/stores';

// What of two requests that read the same record the later one finds, without a race that decides it.
describe.each(bothStores)('a pushed request on %s', (name) => {
  const stores = fixture(() => openEmptyStore(name));
  const challenges = portOf(stores, ChallengeStore);
  const requests = fixture(() => new PushedRequests(challenges, stores.clock));

  const push = () => requests.push('demo-spa', 'client_id=demo-spa&state=s');
  const newCode = () => sampleChallenges(stores.clock.now()).authorization_code;
  async function shown(requestUri: string, browser = newSecret()): Promise<ShownRequest> {
    const found = await requests.find(requestUri, 'demo-spa', browser);
    if (typeof found === 'string') throw new Error(found);
    return { ...(found as FoundRequest), browser };
  }

  it('given two browsers that were shown it, when both open it, then it is the first one’s, who may open it again', async () => {
    const requestUri = await push();
    const [one, other] = [await shown(requestUri), await shown(requestUri)];

    const opened = [await requests.open(one), await requests.open(other), await requests.open(one)];

    expect(opened).toEqual([true, false, true]);
    expect(await requests.find(requestUri, 'demo-spa', other.browser)).toBe('request_uri_unknown');
  });

  it('given one that became a code, when a browser that was shown it before opens it, then it is gone', async () => {
    const requestUri = await push();
    const [one, other] = [await shown(requestUri), await shown(requestUri)];

    const redeemed = [await requests.redeem(one, newCode()), await requests.redeem(other, newCode())];

    expect(redeemed).toEqual([true, false]);
    expect(await requests.open(other)).toBe(false);
  });

  it('given one that is open, when it is redeemed twice, then it becomes one code', async () => {
    const requestUri = await push();
    const first = await shown(requestUri);
    await requests.open(first);
    const again = await shown(requestUri, first.browser);

    const redeemed = [await requests.redeem(again, newCode()), await requests.redeem(again, newCode())];

    expect(redeemed).toEqual([true, false]);
  });

  it('given the end of its minute, when it is looked for, then it is expired, and a moment before it is not', async () => {
    await stores.clock.standStill(async () => {
      const requestUri = await push();
      stores.clock.advance(59_999);
      const before = await requests.find(requestUri, 'demo-spa', undefined);
      stores.clock.advance(1);

      expect(before).toHaveProperty('record.kind', 'pushed_request');
      expect(await requests.find(requestUri, 'demo-spa', undefined)).toBe('request_uri_expired');
    });
  });

  it.each<[what: string, change: (requestUri: string) => string]>([
    ['a letter before it', (requestUri) => `x${requestUri}`],
    ['a letter after it', (requestUri) => `${requestUri}x`],
    ['its last letter missing', (requestUri) => requestUri.slice(0, -1)],
  ])('given %s, when it is looked for, then it is unknown', async (_what, change) => {
    expect(await requests.find(change(await push()), 'demo-spa', undefined)).toBe('request_uri_unknown');
  });
});
