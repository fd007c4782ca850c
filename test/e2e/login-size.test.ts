import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '../../src/domain/clients/client';
import { newId } from '../../src/domain/credentials/secret';
import type { BrowserSession } from '../support/clients/browser-session';
import { fixture } from '../support/run/fixture';
import { auditBytes, liveBytes } from '../support/service/live-bytes';
import { openLoginPage, signedForm } from '../support/clients/login-page';
import { codeFor, loggedIn, redeem, refresh } from '../support/clients/pkce-login';
import { registerApi, registerClient } from '../support/clients/registered';
import { startService, type TestService } from '../support/service/service';
import { bothStores } from '../support/stores/stores';
import { newAccount, signIn } from '../support/clients/wallet';

const logins = 50;
/** Of kinds whose every login leaves records of one size. */
const fewLogins = 3;
/** With those of the other model under what is recorded singly in a minute for one address. */
const auditedLogins = 9;
const everyScope = 'openid profile email notes:read notes:write';
const redirectUri = 'http://127.0.0.1/callback';
const userAgent = 'Mozilla/5.0 (X11; Linux x86_64) SamsungBrowser/1 ChromeOS Android Safari/1';

/** Bytes by login. */
async function leftBy(service: TestService, count: number, logIn: LogIn, bytesOf: typeof auditBytes = liveBytes) {
  const before = await bytesOf(service);
  for (let index = 0; index < count; index += 1) expect((await logIn()).status).toBe(200);
  return ((await bytesOf(service)) - before) / count;
}

type LogIn = () => Promise<{ readonly status: number }>;

describe.each(bothStores)('what a login leaves on %s when its challenge is spent', (store) => {
  const service = fixture(() => startService(store));
  const notes = fixture(() => registerApi(service));
  const client = fixture(() => registerClient(service, { walletOrigin: service.url }));

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
    const each = await leftBy(service, logins, async () => {
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
      service,
      logins,
      async () => (await signIn(service, newAccount(), { ...longest(), scope })).answer,
    );

    expect(each).toBeLessThanOrEqual(2_048);
  });

  /** A login with a wallet at the login page, in a new browser or in one that has logged in before. */
  async function walletLogin({ clientId }: Client, account = newAccount(), former?: BrowserSession) {
    const query = new URLSearchParams({ client_id: clientId, redirect_uri: redirectUri });
    const page = await openLoginPage(service.url, `${query}`, former);
    const headers = { 'user-agent': userAgent };
    const form = await signedForm(page, account, { chainId: Number.MAX_SAFE_INTEGER }, headers);
    await page.browser.postForm('/login/wallet', form, headers);
    return page.browser;
  }

  // With the scopes, and with the issuer beside the API, the 180 characters for which docs/http-api.md states the bound.
  describe.each([
    { idLength: 22, identifierLength: 58 },
    { idLength: 50, identifierLength: 30 },
  ])('by a client whose id has $idLength characters', ({ idLength, identifierLength }) => {
    let named: Client;
    let identifier: string;

    beforeAll(async () => {
      identifier = `https://${newId().toLowerCase().replace(/\W/g, 'x')}`.padEnd(identifierLength, 'r');
      await registerApi(service, { identifier });
      const clientId = newId().padEnd(idLength, 'c');
      const changes = { clientId, walletOrigin: service.url, defaultResource: identifier };
      named = await registerClient(service, changes);
    });

    /** A code login in this browser, with all that a client may send; for both where `resource` names neither. */
    async function codeLogin(browser: BrowserSession, scope: string, resource: string | undefined) {
      const longestFields = { nonce: 'n'.repeat(512), state: 's'.repeat(1_000) };
      const asked = { client_id: named.clientId, redirect_uri: redirectUri, scope, resource, ...longestFields };
      return redeem(service, await codeFor(service, browser, asked));
    }

    describe.each([
      ['this server', () => service.url],
      ['an API', () => identifier],
      ['both', () => undefined],
    ])('for %s', (_where, resource) => {
      describe.each([
        ['a password', () => loggedIn(service)],
        ['a wallet at the login page', () => walletLogin(named)],
      ])('with %s', (_how, logIn) => {
        it('given code logins with all that a client may send, when they are over, then each left 1 KB at most, its session with it', async () => {
          const each = await leftBy(service, fewLogins, async () => codeLogin(await logIn(), everyScope, resource()));

          expect(each).toBeLessThanOrEqual(1_024);
        });

        it('given code logins with a refresh token that rotates, when they are over, then each left 2 KB at most', async () => {
          const each = await leftBy(service, fewLogins, async () => {
            let answer = await codeLogin(await logIn(), `${everyScope} offline_access`, resource());
            for (let count = 0; count < 3; count += 1) {
              answer = await refresh(service, answer.body['refresh_token'], { client_id: named.clientId });
            }
            return answer;
          });

          expect(each).toBeLessThanOrEqual(2_048);
        });
      });
    });

    it('given one account that logs in again and again in a browser, when that is over, then each login left 1 KB at most', async () => {
      const account = newAccount();
      let browser: BrowserSession | undefined;
      const each = await leftBy(service, 12, async () => {
        browser = await walletLogin(named, account, browser);
        return codeLogin(browser, everyScope, undefined);
      });

      expect(each).toBeLessThanOrEqual(1_024);
    });
  });
});

describe.each(bothStores)('what logins leave in the audit trail on %s', (store) => {
  const service = fixture(() => startService(store));

  it('given logins of both models, when they are over, then the audit trail holds of each what docs/http-api.md says, besides', async () => {
    // By a caller whose user agent is `node`.
    const codeLogin = async () => redeem(service, await codeFor(service, await loggedIn(service)));
    const byCode = await leftBy(service, auditedLogins, codeLogin, auditBytes);
    const walletLogin = async () => (await signIn(service, newAccount())).answer;
    const byWallet = await leftBy(service, auditedLogins, walletLogin, auditBytes);

    expect(byCode).toBeGreaterThan(byWallet);
    expect(byCode).toBeLessThanOrEqual(0.9 * 1_024);
    expect(byWallet).toBeLessThanOrEqual(0.7 * 1_024);
  });
});
