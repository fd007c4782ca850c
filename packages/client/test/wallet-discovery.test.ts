import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { discoverWallets } from '../src/wallet/index.ts';
import { announceTo, info } from './support/announced-wallet.ts';
import { keyProvider } from './support/key-provider.ts';

/** A page, and a wallet that an extension puts into it. */
function page() {
  const target = new EventTarget();
  return { target, announce: (detail: unknown) => announceTo(target, detail) };
}

describe('discoverWallets', () => {
  it('given a wallet that waits to be asked, when it is asked, then it is found with its provider', () => {
    const [{ target, announce }, provider] = [page(), keyProvider()];
    target.addEventListener('eip6963:requestProvider', () => announce(Object.freeze({ info, provider })));

    const { wallets } = discoverWallets(target);

    expect(wallets()).toEqual([{ info, provider }]);
  });

  it('given a wallet that loads late, when it announces itself, then whoever subscribed is told, once', () => {
    const { target, announce } = page();
    const discovery = discoverWallets(target);
    const seen: number[] = [];
    discovery.subscribe(() => seen.push(discovery.wallets().length));

    announce({ info, provider: keyProvider() });
    announce({ info, provider: keyProvider() });

    expect(seen).toEqual([1]);
  });

  it('given a uuid that is taken, when another provider claims it, then the first stays', () => {
    const [{ target, announce }, first] = [page(), keyProvider()];
    const { wallets } = discoverWallets(target);

    announce({ info, provider: first });
    announce({ info: { ...info, name: 'A thief' }, provider: keyProvider() });

    expect(wallets()).toEqual([{ info, provider: first }]);
  });

  it('given nobody that changes, when the list is read twice, then it is the same array', () => {
    const { wallets } = discoverWallets(page().target);

    expect(wallets()).toBe(wallets());
  });

  it('given a discovery that was stopped, when a wallet announces itself, then it is not found', () => {
    const { target, announce } = page();
    const { wallets, stop } = discoverWallets(target);

    stop();
    announce({ info, provider: keyProvider() });

    expect(wallets()).toEqual([]);
  });

  it.each([
    ['an icon from elsewhere', { info: { ...info, icon: 'https://evil.example/pixel.png' } }],
    ['an icon that is a script', { info: { ...info, icon: 'javascript:alert(1)' } }],
    ['no uuid', { info: { ...info, uuid: undefined } }],
    ['a name that is no text', { info: { ...info, name: {} } }],
    ['no provider', { provider: undefined }],
    ['a provider that cannot be asked', { provider: { request: 'please' } }],
    [
      'getters that throw',
      {
        get info() {
          throw new Error('no');
        },
      },
    ],
  ])('given an announcement with %s, when it comes, then it is passed over', (_, detail) => {
    const { target, announce } = page();
    const { wallets } = discoverWallets(target);

    announce(Object.defineProperties({ info, provider: keyProvider() }, Object.getOwnPropertyDescriptors(detail)));

    expect(wallets()).toEqual([]);
  });

  it('given a thousand announcements, when they come, then a hundred are kept', () => {
    const { target, announce } = page();
    const { wallets } = discoverWallets(target);

    for (let uuid = 0; uuid < 1000; uuid += 1)
      announce({ info: { ...info, uuid: String(uuid) }, provider: keyProvider() });

    expect(wallets()).toHaveLength(100);
  });

  it('given anything as an announcement, when it comes, then nothing is thrown', () => {
    const { target, announce } = page();
    const { wallets } = discoverWallets(target);

    fc.assert(fc.property(fc.anything(), (detail) => announce(detail)));

    expect(wallets()).toEqual([]);
  });
});
