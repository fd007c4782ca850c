import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { toHex } from 'viem';
import { codeAccount, type TestCodeAccount } from '../support/evm/code-account';
import { eventually } from '../support/run/eventually';
import { freePort } from '../support/run/free-port';
import { answeringError, answeringJson, badGateway, startRpcNode } from '../support/evm/rpc-node';
import { fixtureOfEach } from '../support/run/fixture';
import { from, trustingItsPeer } from '../support/operations/audit';
import { expectUnavailable } from '../support/service/envelope';
import { startService, type TestService } from '../support/service/service';
import { challengeFor, keySigner, newAccount, post, type Signer, signInWith, verify } from '../support/clients/wallet';

describe('the endpoints of a chain', () => {
  const chainId = 10;
  let service: TestService;

  afterEach(() => service.stop());
  const node = fixtureOfEach(() => startRpcNode(chainId));
  const fallback = fixtureOfEach(() => startRpcNode(chainId));
  beforeEach(() => {
    // Both know the same accounts, as nodes of one chain do.
    Object.assign(fallback, { accounts: node.accounts });
  });

  const signIn = async (signer: Signer) => (await signInWith(service, signer, { chainId })).answer;
  const start = async (urls: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    service = await startService('lmdb', { EVM_RPC_URLS: `${chainId}=${urls.join('|')}`, ...env });
  };

  it('given a first one that is down, when a signature is verified, then the second says, and the first is left alone for a while', async () => {
    await start([`http://127.0.0.1:${await freePort()}/`, fallback.url]);
    const account = codeAccount(fallback);

    const statuses = [];
    for (let time = 0; time < 6; time += 1) statuses.push((await signIn(account)).status);

    expect(statuses).toEqual(Array(6).fill(200));
    expect(await countOf(service, 'unreachable')).toBe(3);
    service.clock.advance(6_000);
    await signIn(account);
    expect(await countOf(service, 'unreachable')).toBe(4);
  });

  it('given all of them down, when signatures are verified, then they are soon left alone, and Retry-After says how long', async () => {
    await start([node.url, fallback.url]);
    const account = codeAccount(node);
    for (const each of [node, fallback]) each.sickness = badGateway;

    const answers = [];
    for (let time = 0; time < 10; time += 1) answers.push(await signIn(account));
    for (const each of [node, fallback]) each.sickness = undefined;
    const retryAfter = Number(answers.at(-1)?.headers.get('retry-after'));
    service.clock.advance(retryAfter * 1000);
    const after = await signIn(account);

    answers.forEach(expectUnavailable);
    expect([node.asked.length, fallback.asked.length]).toEqual([3 + 2, 3]);
    expect(retryAfter).toBeGreaterThan(2);
    expect(retryAfter).toBeLessThanOrEqual(5);
    expect(after.status).toBe(200);
  });

  it('given one of another chain, when it is asked, then it is not believed, and the next one is', async () => {
    await start([node.url, fallback.url]);
    const account = codeAccount(node);
    node.chainId = 11;

    const elsewhere = await signIn(account);
    const isAsked = [...node.asked];
    node.chainId = chainId;
    const there = await signIn(account);

    expect([elsewhere.status, there.status]).toEqual([200, 200]);
    expect(isAsked).toEqual(['eth_chainId']);
    expect(node.asked).toEqual(['eth_chainId', 'eth_chainId', 'eth_call']);
    expect(fallback.asked).toEqual(['eth_chainId', 'eth_call']);
  });

  it('given one that is another chain after a failure, when it is asked again, then it is found out', async () => {
    await start([node.url]);
    const account = codeAccount(node);
    await signIn(account);
    node.sickness = badGateway;
    await signIn(account);
    [node.sickness, node.chainId] = [undefined, 1];

    const answer = await signIn(account);

    expectUnavailable(answer);
    expect(node.asked).toEqual(['eth_chainId', 'eth_call', 'eth_call', 'eth_chainId']);
  });

  it('given a slow one, when a signature is verified, then after 3 s the next one is asked', async () => {
    await start([node.url, fallback.url]);
    const account = codeAccount(node);
    const release = node.hold();
    const beganAt = performance.now();

    const answer = await signIn(account);
    const seconds = (performance.now() - beganAt) / 1000;
    release();

    expect(answer.status).toBe(200);
    expect(seconds).toBeGreaterThan(2.9);
    expect(seconds).toBeLessThan(6);
    expect(await countOf(service, 'timeout')).toBe(1);
  });

  it('given a slow one, when a signature takes two calls, then whoever answered the first is asked on', async () => {
    await start([node.url, fallback.url]);
    const account = codeAccount(node);
    const release = node.hold();

    const answer = await signIn({ ...account, sign: (message) => account.sign(message, 65) });
    release();

    expect(answer.status).toBe(200);
    expect(node.asked).toEqual(['eth_chainId']);
    expect(fallback.asked).toEqual(['eth_chainId', 'eth_call', 'eth_getCode']);
  });

  it('given one that answers one call only, when a signature takes two, then the next is asked, and then the one that had failed', async () => {
    const third = await startRpcNode(chainId);
    Object.assign(third, { accounts: node.accounts });
    await start([node.url, fallback.url, third.url]);
    const account = codeAccount(node);
    node.sickness = badGateway;
    for (const each of [fallback, third]) {
      each.delay = async () => {
        if (each.asked.at(-1) !== 'eth_getCode') return;
        each.sickness = badGateway;
        node.sickness = undefined;
      };
    }

    const answer = await signIn({ ...account, sign: (message) => account.sign(message, 65) });
    await third.close();

    expect(answer.status).toBe(200);
    expect(node.asked).toEqual(['eth_chainId', 'eth_chainId', 'eth_getCode']);
    expect(fallback.asked).toEqual(['eth_chainId', 'eth_call', 'eth_getCode']);
    expect(third.asked).toEqual(['eth_chainId', 'eth_getCode']);
  });

  it.each(['0x6', '0x60zz', 'code 0x6001', '0x6001 ', ''])(
    'given one that says that the code of an account is %j, when it is asked, then it is not believed',
    async (code) => {
      await start([node.url, fallback.url]);
      const account = codeAccount(node);
      node.delay = async () => {
        if (node.asked.at(-1) === 'eth_getCode')
          node.sickness = answeringJson((id) => ({ jsonrpc: '2.0', id, result: code }));
      };

      const answer = await signIn({ ...account, sign: (message) => account.sign(message, 65) });

      expect(answer.status).toBe(200);
      expect(fallback.asked).toEqual(['eth_chainId', 'eth_getCode']);
    },
  );

  it('given any number of slow ones, when a signature is verified, then after 6 s it is 503', async () => {
    await start([node.url, fallback.url, `${node.url}/again`, `${fallback.url}/again`]);
    const account = codeAccount(node);
    const releases = [node.hold(), fallback.hold()];
    const beganAt = performance.now();

    const answer = await signIn(account);
    const seconds = (performance.now() - beganAt) / 1000;
    releases.forEach((release) => release());

    expectUnavailable(answer);
    expect(seconds).toBeGreaterThan(5.9);
    expect(seconds).toBeLessThan(12);
  });

  it('given a user and a password in its URL, when it is asked, then they come as a header', async () => {
    const url = new URL(node.url);
    [url.username, url.password] = ['key', 'p%40ss'];
    await start([url.href]);

    const answer = await signIn(codeAccount(node));

    expect(answer.status).toBe(200);
    expect(node.headers.authorization).toBe(`Basic ${Buffer.from('key:p@ss').toString('base64')}`);
  });

  it('given more verifications at once than may ask the chain, when they come, then those beyond are 503, and a key is served', async () => {
    await start([node.url]);
    const account = codeAccount(node);
    await signIn(account);
    const challenges = await Promise.all(Array.from({ length: 60 }, () => challengeFor(service, account, { chainId })));
    const release = node.hold();
    let refused = 0;

    const pending = challenges.map(async (challenge) => {
      const answer = await verify(service, challenge, account.sign(challenge.message));
      refused += Number(answer.status === 503);
      return answer;
    });
    // Ten ask and 40 wait; those that are refused come back while the others are held, and the key is served beside them.
    await eventually(async () => refused === 10 && node.mostAtOnce() === 10, { withinMs: 30_000 });
    const served = await signIn(keySigner(newAccount()));
    release();
    const answers = await Promise.all(pending);

    expect(served.status).toBe(200);
    expect(answers.filter((each) => each.status === 200)).toHaveLength(50);
    answers.filter((each) => each.status !== 200).forEach(expectUnavailable);
    expect(node.mostAtOnce()).toBe(10);
  });

  it('given 20 wrong answers of one challenge, when another comes, then it is 429 without a call, and the key of the account is served', async () => {
    await start([node.url]);
    const account = newAccount();
    node.accounts.set(account.address, { isDeployed: true, says: () => false });
    const challenge = await challengeFor(service, account, { chainId });
    const wrong = (place: number) => verify(service, challenge, toHex(new Uint8Array(96).fill(place)));

    const answers = [];
    for (let place = 1; place <= 22; place += 1) answers.push(await wrong(place));
    const owner = await verify(service, challenge, await account.signMessage(challenge));

    expect(answers.map((each) => each.status)).toEqual([...Array(20).fill(400), 429, 429]);
    expect(answers.at(-1)?.body).toMatchObject({ error: 'temporarily_unavailable' });
    expect(Number(answers.at(-1)?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(node.asked.filter((method) => method === 'eth_call')).toHaveLength(20);
    expect(owner.status).toBe(200);
  });

  it('given 60 wrong answers of one challenge at once, when they are counted, then no more than 20 have cost a call', async () => {
    await start([node.url]);
    const account = codeAccount(node);
    const challenge = await challengeFor(service, account, { chainId });

    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, place) => verify(service, challenge, toHex(new Uint8Array(96).fill(place)))),
    );

    expect(answers.filter((each) => ![400, 429, 503].includes(each.status))).toEqual([]);
    expect(node.asked.filter((method) => method === 'eth_call').length).toBeLessThanOrEqual(20);
  });

  it('given right answers and nodes that fail, when there are more than 20 of them, then none is held against the challenge', async () => {
    await start([node.url]);
    const account = codeAccount(node);
    const challenge = await challengeFor(service, account, { chainId });
    const attempt = () => verify(service, challenge, account.sign(challenge.message));
    node.sickness = answeringError(-32_000, 'header not found');
    const failed = [];
    for (let time = 0; time < 25; time += 1) failed.push((await attempt()).status);
    node.sickness = undefined;

    const answer = await attempt();

    expect(new Set(failed)).toEqual(new Set([503]));
    expect(answer.status).toBe(200);
  });

  /** A challenge for the account, asked for from one of a hundred IP addresses. */
  const challenge = async (place: number, account = codeAccount(node)) => {
    const asked = { address: account.address, chainId };
    const { body } = await post(service, '/wallet/challenge', asked, from(`198.51.100.${place % 100}`));
    return body as { nonce: string; message: string };
  };

  const challenges = async (count: number, account?: TestCodeAccount) => {
    const issued = [];
    for (let place = 0; place < count; place += 1) issued.push((await challenge(place, account)).nonce);
    return issued;
  };
  const answerOf = async (account: TestCodeAccount, ip: string) => {
    const { nonce, message } = await challenge(99, account);
    return (await post(service, '/wallet/verify', { nonce, signature: account.sign(message) }, from(ip))).status;
  };

  describe('with limits', () => {
    const signature = toHex(new Uint8Array(96));

    beforeEach(() => start([node.url], { RATE_LIMIT: 'on', ...trustingItsPeer }));

    /** The statuses of wrong answers, one after the other, from as many IP addresses as are given, to the challenges in turn. */
    const wrongAnswers = async (count: number, addresses: number, nonces: readonly string[]) => {
      const statuses = [];
      for (let place = 0; place < count; place += 1) {
        const nonce = nonces[place % nonces.length];
        const ip = from(`203.0.113.${place % addresses}`);
        statuses.push((await post(service, '/wallet/verify', { nonce, signature }, ip)).status);
      }
      return statuses;
    };

    it('given one IP address, when it sends wrong answers, then after 30 a minute it is 429, and another is served', async () => {
      await service.clock.standStill(async () => {
        const statuses = await wrongAnswers(32, 1, await challenges(32));

        expect(statuses).toEqual([...Array(30).fill(400), 429, 429]);
        expect(await answerOf(codeAccount(node), '203.0.113.8')).toBe(200);
      });
    });

    it('given one account, when wrong answers come from one IP address, then after 100 an hour it is 429 there, and elsewhere it is served', async () => {
      await service.clock.standStill(async () => {
        const account = codeAccount(node);
        service.clock.advance(3_600_000 - (service.clock.now() % 3_600_000));
        const statuses = [];
        for (let minutes = 0; minutes < 5; minutes += 1) {
          statuses.push(...(await wrongAnswers(25, 1, await challenges(3, account))));
          service.clock.advance(60_000);
        }

        expect(statuses).toEqual([...Array(100).fill(400), ...Array(25).fill(429)]);
        expect(await answerOf(account, '203.0.113.0')).toBe(429);
        expect(await answerOf(codeAccount(node), '203.0.113.0')).toBe(200);
        expect(await answerOf(account, '192.0.2.1')).toBe(200);
        expect(node.asked.filter((method) => method === 'eth_call')).toHaveLength(102);
      });
    });

    it('given one chain, when wrong answers come from anywhere to any account, then after 300 a minute it is 429, until the next', async () => {
      await service.clock.standStill(async () => {
        const statuses = await wrongAnswers(301, 30, await challenges(31));

        expect(statuses).toEqual([...Array(300).fill(400), 429]);
        service.clock.advance(60_000);
        expect(await answerOf(codeAccount(node), '192.0.2.1')).toBe(200);
      });
    });
  });
});

/** Calls with this outcome, of all methods. */
async function countOf({ url }: TestService, outcome: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const series = metrics.matchAll(/^tessera_rpc_calls_total\{.*outcome="(\w+)"\} (\d+)$/gm);
  return [...series].reduce((sum, [, name, count]) => sum + (name === outcome ? Number(count) : 0), 0);
}
