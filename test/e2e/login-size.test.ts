import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Api } from '../../src/apis/api';
import type { Client } from '../../src/clients/client';
import { liveBytes } from '../support/live-bytes';
import { openLoginPage } from '../support/login-page';
import { codeFor, loggedIn, redeem, refresh } from '../support/pkce-login';
import { registerApi, registerClient } from '../support/registered';
import { startService, type TestService } from '../support/service';
import { storesUnderTest } from '../support/stores';
import { newAccount, signIn } from '../support/wallet';

const logins = 150;
const everyScope = 'openid profile email notes:read notes:write';
const redirectUri = 'http://127.0.0.1/callback';
const userAgent = 'Mozilla/5.0 (X11; Linux x86_64) SamsungBrowser/1 ChromeOS Android Safari/1';

describe.each(storesUnderTest)('what a login leaves on %s when its challenge is spent', (store) => {
  let service: TestService;
  let notes: Api;
  let client: Client;

  beforeAll(async () => {
    service = await startService(store);
    notes = await registerApi(service);
    client = await registerClient(service, { walletOrigin: service.url });
  });
  afterAll(() => service.stop());

  /** Bytes by login. */
  async function leftBy(count: number, logIn: () => Promise<{ readonly status: number }>): Promise<number> {
    const before = await liveBytes(service);
    for (let index = 0; index < count; index += 1) expect((await logIn()).status).toBe(200);
    return ((await liveBytes(service)) - before) / count;
  }

  /** Everything that may stand in a message, each at its longest, of a login that is for an API and for this server. */
  function longest() {
    const resource = `https://example.org/${'r'.repeat(236)}`;
    return {
      clientId: client.clientId,
      resourceIndicators: [notes.identifier, service.url],
      uri: `${service.url}/${'u'.repeat(511 - service.url.length)}`,
      statement: 's'.repeat(300),
      resources: Array<string>(10).fill(resource),
      chainId: Number.MAX_SAFE_INTEGER,
    };
  }

  it(`given ${logins} wallet logins with the longest messages, when they are over, then each left 1 KB at most`, async () => {
    const each = await leftBy(logins, async () => {
      const { challenge, answer } = await signIn(service, newAccount(), { ...longest(), scope: everyScope });
      expect(challenge.message.length).toBeGreaterThan(3_500);
      return answer;
    });

    expect(each).toBeGreaterThan(200);
    expect(each).toBeLessThanOrEqual(1_024);
  });

  it(`given ${logins} of them with a refresh token, when they are over, then each left 2 KB at most`, async () => {
    const scope = `${everyScope} offline_access`;
    const each = await leftBy(
      logins,
      async () => (await signIn(service, newAccount(), { ...longest(), scope })).answer,
    );

    expect(each).toBeLessThanOrEqual(2_048);
  });

  /** What a browser asks for, with all that its client may send. */
  function asked(scope: string) {
    const { clientId } = client;
    const resource = notes.identifier;
    return {
      client_id: clientId,
      redirect_uri: redirectUri,
      scope,
      resource,
      nonce: 'n'.repeat(512),
      state: 's'.repeat(1_000),
    };
  }

  it('given code logins with all that a client may send, when they are over, then each left 1 KB at most, its session with it', async () => {
    const each = await leftBy(10, async () =>
      redeem(service, await codeFor(service, await loggedIn(service), asked(everyScope))),
    );

    expect(each).toBeLessThanOrEqual(1_024);
  });

  it('given code logins with a wallet at the login page, when they are over, then each left 1 KB at most, its session with it', async () => {
    const fields = { ...asked('openid profile email'), resource: service.url };
    const each = await leftBy(10, async () => {
      const account = newAccount();
      const { browser, hidden } = await openLoginPage(service.url, `${new URLSearchParams(fields)}`);
      const headers = { 'content-type': 'application/json', 'user-agent': userAgent };
      const question = JSON.stringify({ ...hidden, address: account.address, chainId: Number.MAX_SAFE_INTEGER });
      const issued = await browser.fetch('/login/wallet/challenge', { method: 'POST', headers, body: question });
      const { nonce, message } = (await issued.json()) as { nonce: string; message: string };
      const signature = await account.signMessage({ message });
      await browser.postForm('/login/wallet', { ...hidden, nonce, signature }, { 'user-agent': userAgent });
      return redeem(service, await codeFor(service, browser, fields));
    });

    expect(each).toBeLessThanOrEqual(1_024);
  });

  it('given code logins with a refresh token that rotates, when they are over, then each left 2 KB at most', async () => {
    const each = await leftBy(10, async () => {
      const scope = `${everyScope} offline_access`;
      let answer = await redeem(service, await codeFor(service, await loggedIn(service), asked(scope)));
      for (let count = 0; count < 3; count += 1) {
        answer = await refresh(service, answer.body['refresh_token'], { client_id: client.clientId });
      }
      return answer;
    });

    expect(each).toBeLessThanOrEqual(2_048);
  });
});
