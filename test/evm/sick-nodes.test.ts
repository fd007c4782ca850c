import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Safe } from '../support/evm/contract-accounts';
import { type Signer, startEvm, verify } from '../support/evm/evm';
import { fixture } from '../support/run/fixture';
import { mebibyte } from '../support/evm/hostile-contracts';
import { answerWith, errorOf, healthy, type NodeBehaviour, resultOf, RpcProxy } from '../support/evm/rpc-proxy';
import { startService, type TestService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { type Answer, challengeFor, newAccount } from '../support/clients/wallet';

const yes = `0x${'01'.padStart(64, '0')}`;

/** What is wrong with the node. It says yes where it can, which must not help. */
const faults: Readonly<Record<string, NodeBehaviour>> = {
  'ends the connection': (_call, response) => response.destroy(),
  'never answers': () => undefined,
  'never ends its answer': (_call, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).write('{"jsonrpc":"2.0","id":1,"result":"0x');
    const dripping = setInterval(() => response.write('00'), 100);
    response.on('close', () => clearInterval(dripping));
  },
  'answers 429': (call, response) => answerWith(response, errorOf(call, -32_005, 'limit exceeded'), 429),
  'answers 429 with a result': (call, response) => answerWith(response, resultOf(call, yes), 429),
  'answers 401': (_call, response) => answerWith(response, 'invalid project id', 401),
  'answers 404': (_call, response) => answerWith(response, '', 404),
  'answers 500': (_call, response) => answerWith(response, '{}', 500),
  'answers 503 with a result': (call, response) => answerWith(response, resultOf(call, yes), 503),
  'answers a page': (_call, response) =>
    void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in to the hotel</html>'),
  'answers nothing': (_call, response) => answerWith(response, ''),
  'answers half of its answer': (call, response) => answerWith(response, resultOf(call, yes).slice(0, -10)),
  'answers null': (_call, response) => answerWith(response, 'null'),
  'answers a list': (_call, response) => answerWith(response, '[]'),
  'answers an empty object': (_call, response) => answerWith(response, '{}'),
  'answers a number for a result': (call, response) => answerWith(response, resultOf(call, 1)),
  'answers words for a result': (call, response) => answerWith(response, resultOf(call, 'yes')),
  'answers an object for a result': (call, response) => answerWith(response, resultOf(call, { value: yes })),
  'answers null for a result': (call, response) => answerWith(response, resultOf(call, null)),
  'limits rates by an error': (call, response) => answerWith(response, errorOf(call, -32_005, 'limit exceeded')),
  'has an internal error': (call, response) => answerWith(response, errorOf(call, -32_603, 'internal error')),
  'lacks the block': (call, response) => answerWith(response, errorOf(call, -32_000, 'header not found')),
  'lacks the method': (call, response) => answerWith(response, errorOf(call, -32_601, 'the method does not exist')),
  'answers a mebibyte': (call, response) => answerWith(response, resultOf(call, `0x${'01'.repeat(mebibyte)}`)),
  'answers a compressed mebibyte': (call, response) =>
    void response
      .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
      .end(gzipSync(resultOf(call, `0x${'01'.repeat(mebibyte)}`))),
};
/** From its first call, or when the endpoint is known to be of its chain. */
const moments = ['at once', 'when it is asked about the account'] as const;

interface Tried {
  readonly answer: Answer;
  readonly ms: number;
}

let signer: Signer;

const evm = fixture(startEvm);
beforeAll(async () => {
  const owner = newAccount();
  const safe = await Safe.of(evm.chain, evm.safes, [owner.address], 1).deployed();
  signer = { address: safe.address, sign: (message) => safe.sign(message, [owner]) };
});

/** A node of this chain, whatever the chain behind it says. */
function of(chainId: number, then: NodeBehaviour = healthy): NodeBehaviour {
  return (call, response, pass) =>
    call.method === 'eth_chainId'
      ? answerWith(response, resultOf(call, `0x${chainId.toString(16)}`))
      : then(call, response, pass);
}

async function signedChallenge(service: TestService, chainId: number) {
  const challenge = await challengeFor(service, signer, { chainId });
  return { challenge, signature: await signer.sign(challenge.message) };
}

describe.each(storesUnderTest)('sick nodes on %s', (store) => {
  const cases = Object.entries(faults).flatMap(([fault, node]) => moments.map((moment) => ({ fault, moment, node })));
  const chains = cases.map((each, at) => ({ ...each, chainId: 9_001 + at }));
  const seen = new Map<number, { readonly first: Tried | undefined; readonly next: Tried | undefined }>();
  const proxies: RpcProxy[] = [];
  let service: TestService;

  // Each fault has a chain of its own, so that all are waited for at once.
  beforeAll(async () => {
    for (const { chainId, node, moment } of chains) {
      const proxy = await RpcProxy.to(evm.chain.url);
      proxy.node = moment === 'at once' ? node : of(chainId, node);
      proxies.push(proxy);
    }
    service = await startService(store, {
      EVM_RPC_URLS: chains
        .map(({ chainId }, at) => `${chainId}=${proxies[at]?.url}/a-secret-key-of-the-operator`)
        .join(','),
    });
    const signed = await Promise.all(chains.map(({ chainId }) => signedChallenge(service, chainId)));
    const verifyOne = async ({ challenge, signature }: (typeof signed)[number]): Promise<Tried> => {
      const began = performance.now();
      const answer = await verify(service, challenge, signature);
      return { answer, ms: performance.now() - began };
    };
    const first = await Promise.all(signed.map(verifyOne));
    for (const [at, proxy] of proxies.entries()) proxy.node = of(chains[at]?.chainId ?? 0);
    service.clock.advance(Math.max(...first.map(({ answer }) => Number(answer.headers.get('retry-after')))) * 1000);
    // Not all at once: they are answered by one node now, which may be slower than the service waits for it.
    const next: Tried[] = [];
    for (let from = 0; from < signed.length; from += 5) {
      next.push(...(await Promise.all(signed.slice(from, from + 5).map(verifyOne))));
    }
    for (const [at, { chainId }] of chains.entries()) seen.set(chainId, { first: first[at], next: next[at] });
  });
  afterAll(async () => {
    await service.stop();
    await Promise.all(proxies.map((proxy) => proxy.stop()));
  });

  it.each(chains)(
    'given a node that $fault $moment, when a contract account signs in, then it is told to come back, and the next try succeeds',
    ({ chainId }) => {
      const { first, next } = seen.get(chainId) ?? {};

      expect(first?.answer.status).toBe(503);
      expect(first?.answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      expect(first?.answer.headers.get('cache-control')).toBe('no-store');
      expect(first?.answer.body).toMatchObject({
        error: 'temporarily_unavailable',
        error_description: expect.any(String),
      });
      expect(first?.ms).toBeLessThan(15_000);
      expect(next?.answer.status).toBe(200);
    },
  );

  it('given all these nodes, when the log is read, then it holds no RPC URL', () => {
    const log = service.log.join('\n');

    expect(log).toContain('/wallet/verify');
    expect(log).not.toContain('a-secret-key-of-the-operator');
  });
});

describe('several nodes of one chain', () => {
  it('given a node that redirects, when a contract account signs in, then nobody else is asked', async () => {
    const [node, elsewhere] = [await RpcProxy.to(evm.chain.url), await RpcProxy.to(evm.chain.url)];
    node.node = (_call, response) => response.writeHead(307, { location: elsewhere.url }).end();
    const service = await startService('lmdb', { EVM_RPC_URLS: `31337=${node.url}` });
    const { challenge, signature } = await signedChallenge(service, 31_337);

    const { status } = await verify(service, challenge, signature);
    await service.stop();
    await Promise.all([node.stop(), elsewhere.stop()]);

    expect(status).toBe(503);
    expect(elsewhere.calls).toEqual([]);
  });
});
