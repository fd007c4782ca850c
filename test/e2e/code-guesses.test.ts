import { beforeEach, describe, expect, it } from '@jest/globals';
import { toHex } from 'viem';
import { StoreCalls } from '../../src/platform/storage/store-calls';
import { StoreInspector } from '../../src/platform/storage/store-inspector';
import { codeAccount, type TestCodeAccount } from '../support/evm/code-account';
import { fixture } from '../support/run/fixture';
import { mongoRecords } from '../support/service/live-bytes';
import { askWalletChallenge, openLoginPage } from '../support/clients/login-page';
import { startRpcNode } from '../support/evm/rpc-node';
import { startService } from '../support/service/service';
import { from, trustingItsPeer } from '../support/operations/audit';
import { post } from '../support/clients/wallet';
import { bothStores } from '../support/stores/stores';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const chainId = 8453;
const wrong = toHex(new Uint8Array(96));
const page = 'client_id=demo-spa&state=s';

interface Challenge {
  readonly nonce: string;
  readonly message: string;
}

describe.each(bothStores)('wrong signatures that cost a call, on %s', (store) => {
  let asked = 0;

  const node = fixture(() => startRpcNode(chainId));
  const service = fixture(() =>
    startService(store, {
      EVM_RPC_URLS: `${chainId}=${node.url}`,
      RATE_LIMIT: 'on',
      ...trustingItsPeer,
    }),
  );

  const calls = () => node.asked.filter((method) => method === 'eth_call').length;

  /** Each test has a day of its own, in which nothing is counted yet, and no host known any more. */
  let days = 0;
  beforeEach(() => {
    days += 100;
    service.clock.advance(days * day - (service.clock.now() % day));
    node.asked.length = 0;
  });

  /** A challenge for the account, each asked for from elsewhere. */
  async function challengeOf({ address }: Pick<TestCodeAccount, 'address'>): Promise<Challenge> {
    asked += 1;
    const ip = `198.18.${Math.floor(asked / 250) % 250}.${asked % 250}`;
    const { body } = await post(service, '/wallet/challenge', { address, chainId }, from(ip));
    return body as unknown as Challenge;
  }

  const guess = async ({ nonce }: Challenge, ip: string, signature: string = wrong) =>
    (await post(service, '/wallet/verify', { nonce, signature }, from(ip))).status;

  /** Wrong signatures of one challenge after the other, all of one host, or each of the host that `ipOf` says. */
  async function guesses(count: number, issued: readonly Challenge[], ipOf: string | ((index: number) => string)) {
    const statuses: number[] = [];
    for (let index = 0; index < count; index += 1) {
      const ip = typeof ipOf === 'string' ? ipOf : ipOf(index);
      statuses.push(await guess(issued[index % issued.length] as Challenge, ip));
    }
    return statuses;
  }

  const challenges = (count: number, account: TestCodeAccount) =>
    Promise.all(Array.from({ length: count }, () => challengeOf(account)));

  /** The status of a whole login of the account from there. */
  async function signIn(account: TestCodeAccount, ip: string): Promise<number> {
    const challenge = await challengeOf(account);
    return guess(challenge, ip, account.sign(challenge.message));
  }

  /** Spends what the chain has in this minute: five /48 with their shares. */
  async function spendTheChain(): Promise<number[]> {
    const account = codeAccount(node);
    const issued = await challenges(30, account);
    return guesses(300, issued, (index) => `2001:db8:${(index % 5).toString(16)}:${(index % 25).toString(16)}::1`);
  }

  /** Wrong signatures of another account, one more than the host has in a minute. */
  async function spendTheMinuteOf(host: string): Promise<number[]> {
    const issued = await challenges(4, codeAccount(node));
    return guesses(31, issued, host);
  }

  /** A login page with the account's message, and what its button sends from there. */
  async function loginPage({ address, sign }: TestCodeAccount) {
    const { browser, hidden } = await openLoginPage(service.url, page);
    const response = await askWalletChallenge({ browser, hidden }, { address, chainId });
    const { nonce, message } = (await response.json()) as Challenge;
    const answer = async (ip: string) =>
      (await browser.postForm('/login/wallet', { ...hidden, nonce, signature: sign(message) }, from(ip))).status;
    return { nonce, answer };
  }

  /** A browser of somebody who has learned the nonce of another one's page. */
  async function thiefWith(nonce: string) {
    const { browser, hidden } = await openLoginPage(service.url, page);
    const form = { ...hidden, nonce, signature: wrong };
    return async (ip: string) => (await browser.postForm('/login/wallet', form, from(ip))).status;
  }

  it('given who learned a nonce, when their wrong signatures are 429, then its owner signs in from elsewhere', async () => {
    await service.clock.standStill(async () => {
      const account = codeAccount(node);
      const challenge = await challengeOf(account);

      const statuses: number[] = [];
      for (let time = 0; time < 3; time += 1) {
        statuses.push(...(await guesses(9, [challenge], '203.0.113.1')));
        service.clock.advance(minute);
      }
      const owner = await guess(challenge, '192.0.2.1', account.sign(challenge.message));

      expect(statuses).toEqual([...Array<number>(20).fill(400), ...Array<number>(7).fill(429)]);
      expect(owner).toBe(200);
    });
  });

  it('given who learned the nonce of a login page, when their wrong signatures are 429, then its owner logs in from elsewhere', async () => {
    await service.clock.standStill(async () => {
      const { nonce, answer } = await loginPage(codeAccount(node));
      const steal = await thiefWith(nonce);

      const statuses: number[] = [];
      for (let time = 0; time < 3; time += 1) {
        for (let count = 0; count < 9; count += 1) statuses.push(await steal('203.0.113.1'));
        service.clock.advance(minute);
      }
      const owner = await answer('192.0.2.1');

      expect(statuses).toEqual([...Array<number>(20).fill(400), ...Array<number>(7).fill(429)]);
      expect(owner).toBe(303);
    });
  });

  it('given 100 wrong signatures of one account from four IP addresses, when its owner signs in from a fifth, then it is served', async () => {
    await service.clock.standStill(async () => {
      const account = codeAccount(node);
      const issued = await challenges(10, account);
      const login = await loginPage(account);

      const statuses = await guesses(100, issued, (index) => `203.0.113.${index % 4}`);

      expect(statuses).toEqual(Array<number>(100).fill(400));
      expect(await signIn(account, '192.0.2.1')).toBe(200);
      expect(await login.answer('192.0.2.2')).toBe(303);
    });
  });

  it('given a /48 that spends its share of a chain, when accounts sign in from elsewhere, then they are served', async () => {
    await service.clock.standStill(async () => {
      const issued = await challenges(30, codeAccount(node));
      const account = codeAccount(node);
      const login = await loginPage(account);

      const statuses = await guesses(300, issued, (index) => `2001:db8:48:${(index % 30).toString(16)}::1`);

      expect(statuses).toEqual([...Array<number>(60).fill(400), ...Array<number>(240).fill(429)]);
      expect(calls()).toBe(60);
      expect(await signIn(account, '192.0.2.1')).toBe(200);
      expect(await login.answer('2001:db8:49::1')).toBe(303);
    });
  });

  it('given a chain whose minute strangers spent, when an account signs in where it did before, then it is served', async () => {
    await service.clock.standStill(async () => {
      const [account, newcomer] = [codeAccount(node), codeAccount(node)];
      const pages = [await loginPage(account), await loginPage(newcomer)];
      const before = [await signIn(account, '192.0.2.1'), await (await loginPage(account)).answer('2001:db8:77::1')];

      const statuses = await spendTheChain();

      expect(before).toEqual([200, 303]);
      expect(new Set(statuses)).toEqual(new Set([400]));
      expect(await signIn(account, '192.0.2.1')).toBe(200);
      expect(await pages[0]?.answer('2001:db8:77::2')).toBe(303);
      // An account that never signed in from there, and the account from elsewhere.
      expect(await signIn(newcomer, '192.0.2.1')).toBe(429);
      expect(await pages[1]?.answer('2001:db8:77::2')).toBe(429);
      expect(await signIn(account, '192.0.2.2')).toBe(429);
      service.clock.advance(minute);
      expect(await signIn(newcomer, '192.0.2.1')).toBe(200);
    });
  });

  it('given a neighbour behind the same IP address who spends its minute, when an account signs in that did so before, then it is served', async () => {
    await service.clock.standStill(async () => {
      const [account, newcomer] = [codeAccount(node), codeAccount(node)];
      await signIn(account, '192.0.2.1');

      const statuses = await spendTheMinuteOf('192.0.2.1');

      expect(statuses).toEqual([...Array<number>(30).fill(400), 429]);
      expect(await signIn(account, '192.0.2.1')).toBe(200);
      expect(await signIn(newcomer, '192.0.2.1')).toBe(429);
    });
  });

  it('given wrong signatures alone, when the budget of strangers is spent, then nobody is known by them', async () => {
    await service.clock.standStill(async () => {
      const account = codeAccount(node);
      const issued = await challenges(4, account);
      await signIn(account, '192.0.2.1');

      const statuses = await guesses(40, issued, '203.0.113.1');

      expect(statuses.filter((status) => status === 400)).toHaveLength(30);
      expect(calls()).toBe(31);
    });
  });

  it('given a host that an account has signed in from, when wrong signatures come from there, then 20 an hour more than of others cost a call', async () => {
    await service.clock.standStill(async () => {
      const account = codeAccount(node);
      const issued = await challenges(12, account);
      await signIn(account, '192.0.2.1');
      node.asked.length = 0;

      const statuses = await guesses(60, issued, '192.0.2.1');

      expect(statuses).toEqual([...Array<number>(50).fill(400), ...Array<number>(10).fill(429)]);
      expect(calls()).toBe(50);
    });
  });

  it('given a host that an account signed in from, when nobody did for 30 days, then it is like any other', async () => {
    await service.clock.standStill(async () => {
      const account = codeAccount(node);
      await signIn(account, '192.0.2.1');

      service.clock.advance(30 * day - minute);
      await spendTheMinuteOf('192.0.2.1');
      const before = await signIn(account, '192.0.2.1');
      service.clock.advance(30 * day);
      await spendTheMinuteOf('192.0.2.1');
      const after = await signIn(account, '192.0.2.1');

      expect([before, after]).toEqual([200, 429]);
    });
  });

  it('given a challenge that is over its limit, when it is guessed at further, then that is counted nowhere else', async () => {
    await service.clock.standStill(async () => {
      const account = codeAccount(node);
      const [spent, ...others] = await challenges(5, account);
      for (let time = 0; time < 2; time += 1) {
        await guesses(10, [spent as Challenge], '203.0.113.1');
        service.clock.advance(minute);
      }

      const refused = await guesses(10, [spent as Challenge], '203.0.113.1');
      const statuses = await guesses(31, others, '203.0.113.1');

      expect(refused).toEqual(Array<number>(10).fill(429));
      expect(statuses).toEqual([...Array<number>(30).fill(400), 429]);
    });
  });

  it('given a /48 that passes its share by many requests at once, when all are answered, then each budget counts what was judged, and no more', async () => {
    await service.clock.standStill(async () => {
      const account = codeAccount(node);
      const issued = await challenges(19, account);
      const of = (index: number) => issued[index % 19] as Challenge;
      await guesses(55, issued, hostOfSite);

      // 40 at once are asked about or wait; the first of them spends the share while others are counted already.
      const statuses = await Promise.all(Array.from({ length: 40 }, (_, index) => guess(of(index), hostOfSite(index))));

      expect(statuses.filter((status) => status === 400)).toHaveLength(5);
      expect(await countedFor('nonce ')).toBe(60);
      expect(await countedFor(`account ${chainId} ${account.address} `)).toBe(60);
      expect(await countedFor('2001:db8:48:')).toBe(60);
      expect(await countedFor('2001:db8:48::/48')).toBe(60);
      expect(await countedFor('chain ')).toBe(60);
    });
  });

  it('given strangers with accounts of their own, when all of them sign in from one network, then 100 a day are remembered', async () => {
    await service.clock.standStill(async () => {
      const statuses: number[] = [];
      for (let index = 0; index < 110; index += 1) {
        statuses.push(await signIn(codeAccount(node), `2001:db8:50:${(index % 20).toString(16)}::1`));
      }

      expect(new Set(statuses)).toEqual(new Set([200]));
      expect(await known()).toBe(100);
    });
  });

  it.each([
    ['an IPv4 address', '192.0.2.1', 2 + 8],
    ['an IPv6 address', '2001:db8:51::1', 4 + 10],
  ])(
    'given a right signature from %s, when it is verified, then counting has cost no more calls of the store than it did without known hosts',
    async (_, ip, atMost) => {
      const account = codeAccount(node);
      const challenge = await challengeOf(account);
      const before = counted();

      const status = await guess(challenge, ip, account.sign(challenge.message));

      expect(status).toBe(200);
      expect(counted() - before).toBeLessThanOrEqual(atMost);
    },
  );

  /** Those whose time is not over: the sweep forgets the others whenever it comes. */
  async function counters() {
    const { mongodbUri } = service.config;
    const records =
      mongodbUri === undefined
        ? await service.app.get(StoreInspector).list('rate_limits', 10_000)
        : await mongoRecords(mongodbUri, (name) => name === 'rate_limits');
    return records
      .map((record) => {
        const { id, _id: key = id, count, expiresAt } = record as Readonly<Record<string, unknown>>;
        return { key: String(key), count: Number(count), expiresAt: Number(expiresAt) };
      })
      .filter(({ expiresAt }) => expiresAt > service.clock.now());
  }

  /** What all budgets with this beginning count at this moment; of hosts, if it ends with a colon. */
  async function countedFor(beginning: string): Promise<number> {
    const hosts = beginning.endsWith(':') ? '::/64' : '';
    return (await counters())
      .filter(({ key }) => key.startsWith(`wallet-code ${beginning}`) && key.includes(hosts))
      .reduce((sum, { count }) => sum + count, 0);
  }

  async function known(): Promise<number> {
    return (await counters()).filter(({ key }) => key.startsWith('known host ')).length;
  }

  /** Calls of the store of counters. */
  function counted(): number {
    return service.app
      .get(StoreCalls)
      .operations.filter(({ store: name }) => name === 'rate_limits')
      .reduce((sum, { durations }) => sum + durations.count, 0);
  }
});

/** One of 19 hosts of a /48. */
function hostOfSite(index: number): string {
  return `2001:db8:48:${(index % 19).toString(16)}::1`;
}
