import { describe, expect, it } from '@jest/globals';
import { StoreInspector } from '../../src/platform/storage/store-inspector';
import { BrowserSession } from '../support/clients/browser-session';
import { eventually } from '../support/run/eventually';
import { fixture } from '../support/run/fixture';
import { mongoRecords } from '../support/service/live-bytes';
import { sendPassword } from '../support/clients/login-page';
import { from, trustingItsPeer } from '../support/operations/audit';
import { basic, postToken } from '../support/clients/pkce-login';
import { registerClient } from '../support/clients/registered';
import { startService } from '../support/service/service';
import { bothStores } from '../support/stores/stores';
import { newAccount, post } from '../support/clients/wallet';

const minute = 60_000;
const hour = 60 * minute;
/** Where a login or a limit writes. */
const written = ['challenges', 'grants', 'sessions', 'consents', 'rate_limits'];

/** The statuses of one request after the other, each from an address. */
async function inTurn(ips: readonly string[], ask: (ip: string, index: number) => Promise<{ status: number }>) {
  const statuses: number[] = [];
  for (const [index, ip] of ips.entries()) statuses.push((await ask(ip, index)).status);
  return statuses;
}

const addresses = (count: number, beginning: string) =>
  Array.from({ length: count }, (_, index) => `${beginning}${index}`);

describe.each(bothStores)('limits that cannot be got around, on %s', (store) => {
  const service = fixture(() => startService(store, { RATE_LIMIT: 'on', ...trustingItsPeer }));

  /** A new window, so that no test meets what another has counted. */
  function nextWindow(length = minute): void {
    service.clock.advance(length - (service.clock.now() % length));
  }

  const send = (path: string, body: unknown, ip: string) => post(service, path, body, from(ip));
  const askAs = (clientId: string, ip: string) =>
    postToken(service, { grant_type: 'authorization_code' }, { ...basic(clientId, 'guess'), ...from(ip) });
  const guessAt = (nonce: string, ip: string) => send('/wallet/verify', { nonce, signature: '0x00' }, ip);

  /** Of a challenge that is there: MongoDB is asked for 1.3 s for one that is not. Asked for from elsewhere. */
  async function someNonce(): Promise<string> {
    const { body } = await send('/wallet/challenge', { address: newAccount().address }, '198.51.100.77');
    return String(body['nonce']);
  }

  const logIn = (ip: string, username: string, password: string, browser = new BrowserSession(service.url)) =>
    sendPassword(browser, { username, password }, from(ip));

  it.each([
    ['an IPv4 address', ['192.0.2.1', '192.0.2.1:1024', '192.0.2.1:1025', '::ffff:192.0.2.1', '[::FFFF:c000:0201]:80']],
    ['an IPv6 address', ['2001:db8::1', '2001:0DB8::0001', '[2001:db8::1]:1024', '2001:db8::1%eth0', '"2001:db8::1"']],
    ['an IPv6 /64', Array.from({ length: 10 }, (_, index) => `2001:db8:0:7:${index}::1`)],
  ])('given %s, however it is spelled, when it goes on, then it has one budget', async (_spelled, spellings) => {
    nextWindow();
    const nonce = await someNonce();
    const ips = Array.from({ length: 12 }, (_, index) => spellings[index % spellings.length] ?? '');

    const statuses = await inTurn(ips, (address) => guessAt(nonce, address));

    expect(statuses).toEqual([...Array<number>(10).fill(400), 429, 429]);
  });

  it('given an IPv6 /48, when each request comes from another /64, then all have ten times the budget of one', async () => {
    nextWindow();
    const nonce = await someNonce();
    const ips = Array.from({ length: 102 }, (_, index) => `2001:db8:48:${index.toString(16)}::1`);

    const statuses = await inTurn(ips, (address) => guessAt(nonce, address));
    const neighbour = await guessAt(nonce, '2001:db8:49::1');

    expect(statuses).toEqual([...Array<number>(100).fill(400), 429, 429]);
    expect(neighbour.status).toBe(400);
  });

  it('given one account, whatever the case of its address, when it is asked about, then it is one subject', async () => {
    nextWindow();
    const { address } = newAccount();
    const spellings = [address, address.toLowerCase(), `0x${address.slice(2).toUpperCase()}`];
    const ask = (ip: string, index: number) => send('/wallet/challenge', { address: spellings[index % 3] }, ip);

    const statuses = await inTurn(Array<string>(31).fill('192.0.2.20'), ask);

    expect(statuses).toEqual([...Array<number>(30).fill(201), 429]);
  });

  it('given a client that authenticates by its header, when it goes on, then it counts as the client', async () => {
    nextWindow();
    const statuses = await inTurn(Array<string>(301).fill('192.0.2.22'), (ip) => askAs('demo-client', ip));

    expect(statuses).toEqual([...Array<number>(300).fill(401), 429]);
    expect((await askAs('another-client', '192.0.2.22')).status).toBe(401);
  });

  it('given guesses at a user from everywhere, when 100 of an hour are over, then a browser that the user logged in with still may', async () => {
    nextWindow(hour);
    const known = new BrowserSession(service.url);
    // Right passwords are no guesses: they leave the budget as it was.
    const first = await logIn('198.51.100.1', 'user0', 'password0', known);
    const right = await inTurn(addresses(5, '198.51.100.1'), (ip) => logIn(ip, 'user0', 'password0'));

    const guesses = await inTurn(addresses(102, '203.0.113.'), (ip, index) =>
      logIn(ip, index % 2 === 0 ? 'user0' : 'USER0', 'wrong'),
    );
    const stranger = await logIn('198.51.100.2', 'user0', 'password0');
    const victim = await logIn('198.51.100.3', 'user0', 'password0', known);
    const another = await logIn('198.51.100.4', 'user1', 'wrong', known);
    nextWindow(hour);
    const later = await logIn('198.51.100.2', 'user0', 'password0');

    expect([first.status, ...right]).toEqual(Array<number>(6).fill(303));
    expect(guesses).toEqual([...Array<number>(100).fill(401), 429, 429]);
    expect(stranger.status).toBe(429);
    expect(Number(stranger.headers.get('retry-after'))).toBeGreaterThan(60);
    expect(victim.status).toBe(303);
    expect(another.status).toBe(401);
    expect(later.status).toBe(303);
  });

  it('given a marker that another browser made up or altered, when the budget is spent, then it helps nobody', async () => {
    // The hours after those that another test has filled.
    for (let count = 0; count < 4; count += 1) nextWindow(hour);
    const known = new BrowserSession(service.url);
    await logIn('198.51.100.1', 'user0', 'password0', known);
    const marker = known.cookie('tessera_known') ?? '';
    await inTurn(addresses(100, '203.0.113.'), (ip) => logIn(ip, 'user0', 'wrong'));
    const [who, id, mac = ''] = marker.split('.');
    const forged = [
      `${who}.${'A'.repeat(22)}.${mac}`,
      `${who}.${id}.${'A'.repeat(43)}`,
      `~~~${marker}x`,
      'x'.repeat(4_000),
    ];

    const statuses = await inTurn(forged, (cookie, index) => {
      const browser = new BrowserSession(service.url);
      browser.setCookie('tessera_known', cookie);
      return logIn(`198.51.100.${index + 50}`, 'user0', 'wrong', browser);
    });

    expect(marker).toMatch(/^[\w-]{16}\.[\w-]{22}\.[\w-]{43}$/);
    expect(statuses).toEqual(forged.map(() => 429));
  });

  it('given a client over its limit, when it goes on, then the store stays as it is and the log grows by two lines', async () => {
    nextWindow();
    await inTurn(Array<string>(11).fill('192.0.2.30'), (ip) => guessAt('stubborn', ip));
    const before = new Set(await records(...written));
    const lines = service.log.length;

    const answers = await Promise.all(Array.from({ length: 834 }, () => guessAt('stubborn', '192.0.2.30')));
    const after = await records(...written);
    nextWindow();
    await inTurn(Array<string>(11).fill('192.0.2.31'), (ip) => guessAt('stubborn', ip));
    await eventually(async () => service.log.length >= lines + 12, { withinMs: 30_000, everyMs: 5 });

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([429]));
    expect(after.filter((record) => !before.has(record))).toEqual([]);
    const logged = service.log.slice(lines).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(logged.filter(({ status, count }) => status === 429 && count !== undefined)).toEqual([
      expect.objectContaining({ msg: 'requests over a limit', client: '192.0.2.30', count: 834 }),
    ]);
    // The last before it, which may be written late, and the first of the next client.
    expect(logged.filter(({ status, count }) => status === 429 && count === undefined).length).toBeLessThanOrEqual(2);
  });

  it('given a stranger who asks for challenges all the time, when a minute is over, then what was stored is bounded', async () => {
    nextWindow();
    const uri = `${service.url}/${'u'.repeat(512 - service.url.length - 1)}`;
    const resource = `https://example.org/${'r'.repeat(236)}`;
    const largest = { uri, statement: 's'.repeat(300), resources: Array<string>(10).fill(resource) };
    const accounts = Array.from({ length: 20 }, () => newAccount().address);
    const before = await sizeOf('challenges');

    const asks = Array.from({ length: 700 }, (_, index) => ({ ...largest, address: accounts[index % 20] }));
    // Not all at once: on a busy machine the store would refuse, and what is counted here is refused by the limit.
    const answers: Awaited<ReturnType<typeof send>>[] = [];
    for (let count = 0; count < asks.length; count += 20) {
      const together = asks.slice(count, count + 20);
      answers.push(...(await Promise.all(together.map((ask) => send('/wallet/challenge', ask, '192.0.2.40')))));
    }

    const issued = answers.filter(({ status }) => status === 201).length;
    expect(issued).toBeGreaterThan(200);
    expect(issued).toBeLessThanOrEqual(300);
    expect((await sizeOf('challenges')) - before).toBeLessThan(300 * 5_000);
  });

  it('given a stranger who asks for nonces and challenges, when a minute is over, then both have one budget', async () => {
    nextWindow();
    const writer = { walletOrigin: 'https://dapp.example', walletMessage: 'wallet', firstParty: false } as const;
    const { clientId } = await registerClient(service, writer);
    const before = await sizeOf('challenges');

    const statuses: number[] = [];
    for (let count = 0; count < 400; count += 20) {
      const together = Array.from({ length: 20 }, (_, index) =>
        index % 4 === 0
          ? send('/wallet/challenge', { address: newAccount().address }, '192.0.2.41')
          : send('/wallet/nonce', { clientId, scope: 'openid profile email offline_access' }, '192.0.2.41'),
      );
      statuses.push(...(await Promise.all(together)).map(({ status }) => status));
    }

    expect(statuses.filter((status) => status === 201)).toHaveLength(300);
    expect(statuses.filter((status) => status === 429)).toHaveLength(100);
    expect((await sizeOf('challenges')) - before).toBeLessThan(300 * 5_000);
  });

  /** Every record of these collections. */
  async function records(...names: readonly string[]): Promise<string[]> {
    const { mongodbUri } = service.config;
    const inspector = service.app.get(StoreInspector);
    const found =
      mongodbUri === undefined
        ? (await Promise.all(names.map((name) => inspector.list(name, 10_000)))).flat()
        : await mongoRecords(mongodbUri, (name) => names.includes(name));
    return found.map((record) => JSON.stringify(record));
  }

  async function sizeOf(collection: string): Promise<number> {
    return (await records(collection)).join('').length;
  }
});
