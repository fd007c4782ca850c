import { describe, expect, it } from '@jest/globals';
import { newDpopKey } from '../support/clients/dpop';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { challengeFor, newAccount } from '../support/clients/wallet';

/** Measured 0.8 to 1.8; with a general parser of grammars over each message 4.5, and more where the rest is faster. */
const ofMessage = 3;
/** Measured 1 to 7, the most for thousands of parameters of a few bytes; with an exception for each broken escape over 80. */
const ofBody = 15;
/** Measured 1.2 to 2.1: a signature is verified, and the store is asked. */
const ofProof = 5;
const batch = 5;
const rounds = 5;

const limit = 16 * 1024;
const full = (text: string) => text.slice(0, limit);

/** The CPU that the most a caller may send costs, as a multiple of what is ordinary: no clock of the machine is in it. */
describe('the work of one request', () => {
  const service = fixture(startService);

  type Send = () => Promise<Response>;

  const json =
    (path: string, body: string): Send =>
    () =>
      fetch(service.url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const form =
    (path: string, body: string): Send =>
    () =>
      fetch(service.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body,
        redirect: 'manual',
      });
  const get =
    (path: string): Send =>
    () =>
      fetch(service.url + path, { redirect: 'manual' });

  /** Microseconds of CPU of this process for a batch of requests, the service and its caller. */
  async function costOf(send: Send): Promise<number> {
    const before = process.cpuUsage();
    for (let count = 0; count < batch; count += 1) await (await send()).arrayBuffer();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  }

  /** The least of several rounds, in turn, so that what else goes on in the process falls on neither. */
  async function multipleOf(ordinary: Send, most: Send): Promise<number> {
    const costs: [number, number][] = [];
    for (let round = 0; round <= rounds; round += 1) costs.push([await costOf(ordinary), await costOf(most)]);
    const least = (of: 0 | 1) => Math.min(...costs.slice(1).map((cost) => cost[of]));
    return least(1) / least(0);
  }

  it('given a challenge with all that may stand in a message, when it is asked for, then it costs little more', async () => {
    const { address } = newAccount();
    const resource = `https://u:p@[2001:db8::1]/${'%41'.repeat(76)}`;
    const longest = {
      address,
      uri: `${service.url}/${'%41'.repeat(160)}`,
      statement: 's'.repeat(300),
      resources: Array<string>(10).fill(resource),
    };

    const refused = json('/wallet/challenge', JSON.stringify({ address: 'x' }));
    const most = json('/wallet/challenge', JSON.stringify(longest));

    expect((await most()).status).toBe(201);
    // Beside one that is refused at once: what judges a long message judges a short one too.
    expect(await multipleOf(refused, most)).toBeLessThan(ofMessage);
  });

  it('given an answer with the longest message, when it is verified, then it costs little more', async () => {
    const [owner, other] = [newAccount(), newAccount()];
    const resources = Array<string>(10).fill(`https://example.org/${'r'.repeat(236)}`);
    const long = await challengeFor(service, owner, { statement: 's'.repeat(300), resources });
    const short = await challengeFor(service, owner);
    const answerTo = async (message: string) =>
      json('/wallet/verify', JSON.stringify({ message, signature: await other.signMessage({ message }) }));
    const hostile = `${'Nonce: x\nNonce: '.repeat(1_000)}`;

    const [ordinary, most] = [await answerTo(short.message), await answerTo(long.message)];

    expect(await (await most()).json()).toMatchObject({ reason: 'signature_mismatch' });
    expect(await multipleOf(ordinary, most)).toBeLessThan(ofMessage);
    const lines = json('/wallet/verify', JSON.stringify({ message: hostile, signature: '0x00' }));
    expect(await multipleOf(ordinary, lines)).toBeLessThan(ofMessage);
  });

  it.each(['RS256', 'PS256', 'ES256', 'EdDSA'])(
    'given a DPoP proof by %s, of the largest key, when it is verified, then it costs little more',
    async (alg) => {
      const key = await newDpopKey(service.clock, alg, { modulusLength: 4_096 });
      const dpop = await key.proof({ url: `${service.url}/token` }, { pad: 'x'.repeat(800) });
      const send = (headers: Readonly<Record<string, string>>) => () =>
        fetch(`${service.url}/token`, {
          method: 'POST',
          headers,
          body: new URLSearchParams({ grant_type: 'authorization_code', client_id: 'demo-spa' }),
        });

      const [ordinary, most] = [send({}), send({ dpop })];

      await most();
      expect(await (await most()).json()).toMatchObject({ reason: 'dpop_proof_replayed' });
      expect(await multipleOf(ordinary, most)).toBeLessThan(ofProof);
    },
  );

  it.each([
    ['deep arrays', '['.repeat(8_190) + ']'.repeat(8_190)],
    ['deep objects', full('{"a":'.repeat(2_700)) + '1' + '}'.repeat(2_700)],
    ['many members', full(`{${Array.from({ length: 1_600 }, (_, index) => `"m${index}":0`).join()}}`)],
    ['many resources', `{"address":"x","resources":[${Array<string>(5_000).fill('""').join()}]}`],
    ['a list in each field', `{"address":[${'0,'.repeat(4_000)}0],"resources":[${'[],'.repeat(2_000)}[]]}`],
    ['many scopes', `{"scope":"${'a '.repeat(8_000)}"}`],
    ['escapes', `{"statement":"${String.raw`\u0041`.repeat(2_600)}"}`],
  ])('given JSON with %s, when it is read, then it costs little more', async (_case, body) => {
    const ordinary = json('/wallet/challenge', JSON.stringify({ address: 'x' }));

    const most = json('/wallet/challenge', body);

    expect((await most()).status).toBeLessThan(500);
    expect(await multipleOf(ordinary, most)).toBeLessThan(ofBody);
  });

  it.each([
    ['thousands of parameters', full('a&'.repeat(8_192))],
    ['thousands of different ones', full(Array.from({ length: 4_000 }, (_, index) => `${index}=`).join('&'))],
    ['one parameter thousands of times', full('resource=x&'.repeat(1_490))],
    ['thousands of escapes', full(`code=${'%41'.repeat(5_450)}`)],
    ['escapes that are none', full('%=%&'.repeat(4_090))],
    ['thousands of scopes', full(`scope=${'a+'.repeat(8_180)}`)],
  ])('given a form with %s, when it is read, then it costs little more', async (_case, body) => {
    for (const path of ['/token', '/authorize', '/login', '/userinfo']) {
      const most = form(path, `client_id=demo-spa&${body}`.slice(0, limit));

      expect((await most()).status).toBeLessThan(500);
      expect(await multipleOf(form(path, 'client_id=demo-spa'), most)).toBeLessThan(ofBody);
    }
  });

  it.each([
    ['thousands of parameters', 'a&'.repeat(7_000)],
    ['escapes', `x=${'%41'.repeat(4_600)}`],
  ])('given a query with %s, when it is read, then it costs little more', async (_case, query) => {
    const ordinary = get('/authorize?client_id=demo-spa&redirect_uri=x');

    const most = get(`/authorize?client_id=demo-spa&redirect_uri=x&${query}`);

    expect((await most()).status).toBeLessThan(500);
    expect(await multipleOf(ordinary, most)).toBeLessThan(ofBody);
  });
});
