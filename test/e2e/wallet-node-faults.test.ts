import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { codeAccount } from '../support/evm/code-account';
import { answeringError, answeringJson, type RpcNode, type Sickness, startRpcNode } from '../support/evm/rpc-node';
import { fixture } from '../support/run/fixture';
import { expectUnavailable } from '../support/service/envelope';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { challengeFor, signInWith, verify } from '../support/clients/wallet';

const result = (value: unknown) => answeringJson((id) => ({ jsonrpc: '2.0', id, result: value }));
const status =
  (code: number, body: string): Sickness =>
  (response) =>
    void response.writeHead(code).end(body);

const yes = `0x${'01'.padStart(64, '0')}`;

/** What a node can have; none of it says anything about a signature, also where it says yes. */
const sicknesses: readonly (readonly [what: string, outcome: string, sickness: Sickness])[] = [
  ['closes the connection', 'unreachable', (response) => void response.destroy()],
  // To itself, so that whoever follows is seen.
  ['redirects', 'unreachable', (response) => void response.writeHead(307, { location: '/' }).end()],
  ['never answers', 'timeout', () => {}],
  ['never ends an answer that drips', 'timeout', drip],
  ['is limited by status', 'rate_limited', status(429, 'slow down')],
  ['is limited, with a result', 'rate_limited', status(429, `{"jsonrpc":"2.0","id":1,"result":"${yes}"}`)],
  ['is limited by an error', 'rate_limited', answeringError(-32_005, 'daily request count exceeded')],
  ['is limited in words', 'rate_limited', answeringError(-32_000, 'Too Many Requests')],
  ['fails', 'http_error', status(500, '{}')],
  ['refuses us', 'http_error', status(401, '{"jsonrpc":"2.0","id":1,"result":"0x01"}')],
  ['is not found', 'http_error', status(404, '')],
  ['is away, with a result', 'http_error', status(503, `{"jsonrpc":"2.0","id":1,"result":"${yes}"}`)],
  ['is a page', 'malformed', status(200, '<html>Bad gateway</html>')],
  ['is cut off', 'malformed', status(200, '{"jsonrpc":"2.0","id":1,"result":"0x0')],
  ['is empty', 'malformed', status(200, '')],
  ['answers another question', 'malformed', answeringJson(() => ({ jsonrpc: '2.0', id: 99, result: '0x01' }))],
  ['answers an empty object', 'malformed', answeringJson(() => ({}))],
  ['answers null for an answer', 'malformed', answeringJson(() => null)],
  ['answers a number', 'malformed', result(1)],
  ['answers a text', 'malformed', result('yes')],
  ['answers an object', 'malformed', result({ value: yes })],
  ['answers nothing', 'malformed', result(null)],
  ['answers no bytes', 'malformed', result('0x')],
  ['answers a word', 'malformed', result(`0x${'00'.repeat(31)}01`)],
  ['answers another byte', 'malformed', result('0x02')],
  ['answers a list', 'malformed', answeringJson(() => [])],
  ['has no such block', 'error', answeringError(-32_000, 'header not found')],
  ['gave up', 'error', answeringError(-32_000, 'execution aborted (timeout = 5s)')],
  ['has an internal error', 'error', answeringError(-32_603, 'internal error')],
  ['lacks the method', 'error', answeringError(-32_601, 'the method does not exist')],
  ['never ends', 'too_large', (response) => fill(response.on('drain', () => fill(response)))],
  ['is a bomb', 'too_large', result(`0x${'00'.repeat(100_000)}`)],
  ['is a compressed bomb', 'too_large', compressed(`0x${'00'.repeat(1_000_000)}`)],
];

function drip(response: Parameters<Sickness>[0]): void {
  response.writeHead(200, { 'content-type': 'application/json' }).write('{"jsonrpc":"2.0","id":1,"result":"0x');
  const dripping = setInterval(() => response.write('00'), 100);
  response.on('close', () => clearInterval(dripping));
}

function compressed(value: string): Sickness {
  return (response, id) =>
    void response
      .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
      .end(gzipSync(JSON.stringify({ jsonrpc: '2.0', id, result: value })));
}

function fill(response: Parameters<Sickness>[0]): void {
  while (response.write(' '.repeat(16_384)));
}

const firstChain = 1_000;

describe.each(storesUnderTest)('the nodes of a chain on %s', (store) => {
  /** A chain for each sickness, so that what one endpoint did is not held against another. */
  const nodes = sicknesses.map((_, place) => fixture(() => startRpcNode(firstChain + place)));
  const service = fixture(() =>
    startService(store, { EVM_RPC_URLS: nodes.map(({ url, chainId }) => `${chainId}=${url}`).join() }),
  );

  it.each(
    sicknesses.map(([what, outcome, sickness], place) => ({ what, outcome, sickness, node: nodes[place] as RpcNode })),
  )(
    'given a node that $what, when a signature is verified, then it is 503, and the next try signs in',
    async ({ outcome, sickness, node }) => {
      const account = codeAccount(node);
      const { chainId } = node;
      const challenge = await challengeFor(service, account, { chainId });
      const attempt = () => verify(service, challenge, account.sign(challenge.message));
      node.sickness = sickness;

      const unmet = await attempt();
      node.sickness = undefined;
      await signInWith(service, account, { chainId });
      node.sickness = sickness;
      const refused = await attempt();
      node.sickness = undefined;
      const next = await attempt();

      [unmet, refused].forEach(expectUnavailable);
      expect(next.status).toBe(200);
      const again = ['eth_chainId', 'eth_call'];
      expect(node.asked).toEqual(['eth_chainId', ...again, 'eth_call', ...again]);
      const metrics = await (await fetch(`${service.url}/metrics`)).text();
      const calls = `tessera_rpc_calls_total{chain="${chainId}",method="eth_call"`;
      expect(metrics).toContain(`${calls},outcome="${outcome}"} 1\n`);
      expect(metrics).toContain(`${calls},outcome="ok"} 2\n`);
    },
  );

  it('given all that, when the log is read, then it says of which chain it was, and holds no URL of a node', () => {
    const log = service.log.join('');

    expect(log).toContain(`chain ${firstChain}: unreachable`);
    for (const { url } of nodes) expect(log).not.toContain(new URL(url).host);
  });
});
