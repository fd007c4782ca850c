import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { type BrowserSession, sessionIdOf } from '../support/clients/browser-session';
import { SessionStore } from '../../src/protocols/login/session-store';
import { codeAccount, type TestCodeAccount } from '../support/evm/code-account';
import { logIn } from '../support/clients/logged-in-client';
import { openLoginPage } from '../support/clients/login-page';
import { startRpcNode } from '../support/evm/rpc-node';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

const chainId = 8453;
const request = 'client_id=demo-spa&state=s';

describe.each(storesUnderTest)('the wallet button and accounts that their code speaks for on %s', (store) => {
  const node = fixture(() => startRpcNode(chainId));
  const service = fixture(() => startService(store, { EVM_RPC_URLS: `${chainId}=${node.url}` }));

  /** A login page on which this account has its message, and what its button sends. */
  async function begin({ address, sign }: TestCodeAccount, size?: number) {
    const { browser, hidden } = await openLoginPage(service.url, request);
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ ...hidden, address, chainId });
    const response = await browser.fetch('/login/wallet/challenge', { method: 'POST', headers, body });
    const { nonce, message } = (await response.json()) as { nonce: string; message: string };
    return { browser, form: { ...hidden, nonce, signature: sign(message, size) } };
  }

  it('given code that says yes, when the form is sent, then the code and its tokens are of that account on its chain', async () => {
    const account = codeAccount(node);
    const { browser, form } = await begin(account);

    const response = await send(browser, form);
    const { tokens } = await logIn(service, browser);

    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe(`/authorize?${request}`);
    const claims = {
      sub: `eip155:${chainId}:${account.address}`,
      chain_id: chainId,
      account_proof: 'code',
      amr: ['pop'],
    };
    expect(decodeJwt(tokens.accessToken)).toMatchObject(claims);
    expect(decodeJwt(tokens.idToken ?? '')).toMatchObject(claims);
  });

  it('given the longest signature, when the form is sent, then it fits', async () => {
    const { browser, form } = await begin(codeAccount(node), 8192);

    expect((await send(browser, form)).status).toBe(303);
  });

  it('given a node that is down, when the form is sent, then a page says 503, and the next try signs in', async () => {
    const { browser, form } = await begin(codeAccount(node));
    node.sickness = (response) => response.destroy();

    const page = await send(browser, form, { accept: 'text/html' });
    const json = await send(browser, form);
    node.sickness = undefined;
    const next = await send(browser, form);

    expect([page.status, json.status, next.status]).toEqual([503, 503, 303]);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await page.text()).toContain('go back and try again');
    for (const each of [page, json]) expect(Number(each.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await json.json()).toMatchObject({ error: 'temporarily_unavailable' });
  });

  it('given a signature that was used more than 2 s ago, when it comes again, then its session ends, and no node is asked', async () => {
    const { browser, form } = await begin(codeAccount(node));
    await send(browser, form);
    const id = sessionIdOf(browser);
    node.asked.length = 0;
    service.clock.advance(3_000);

    const guess = await send(browser, { ...form, signature: `${form.signature.slice(0, -2)}00` });
    const alive = await service.app.get(SessionStore).find(id, service.clock.now());
    const replay = await send(browser, form);
    const ended = await service.app.get(SessionStore).find(id, service.clock.now());

    const reasons = [await guess.json(), await replay.json()].map((body) => (body as { reason: string }).reason);
    expect(reasons).toEqual(['challenge_used', 'challenge_used']);
    expect(alive?.id).toBe(id);
    expect(ended).toBeUndefined();
    expect(node.asked).toEqual([]);
  });

  it('given one signature ten times at once, when it is sent, then one session begins', async () => {
    const { browser, form } = await begin(codeAccount(node));

    const answers = await Promise.all(Array.from({ length: 10 }, () => send(browser, form)));

    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
  });
});

function send(browser: BrowserSession, form: Readonly<Record<string, string>>, headers: HeadersInit = {}) {
  return browser.postForm('/login/wallet', form, headers);
}
