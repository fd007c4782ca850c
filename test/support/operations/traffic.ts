import { admin } from './admin';
import { BrowserSession, hiddenFields } from '../clients/browser-session';
import { authorizationQuery, codeFor, loggedIn, postToken, redeem, redirectUri, refresh } from '../clients/pkce-login';
import type { TestService } from '../service/service';
import { challengeFor, newAccount, post } from '../clients/wallet';

type Served = Pick<TestService, 'url'>;

/** After which a repeat is a replay, no retry. */
const replayAfterMs = 2_500;

/** Real requests of both models to a service with the admin token: most succeed, and something of everything fails. */
export class Traffic {
  private constructor(
    private readonly service: Served,
    private readonly browser: BrowserSession,
    /** Lets so many milliseconds pass for the service. */
    private readonly pass: (milliseconds: number) => Promise<void>,
  ) {}

  /** Registers a synthetic client besides. */
  static async to(service: Served, pass: (milliseconds: number) => Promise<void>): Promise<Traffic> {
    const probe = {
      client_id: 'synthetic-spa',
      client_name: 'Probe',
      token_endpoint_auth_method: 'none',
      redirect_uris: [redirectUri],
      first_party: true,
      synthetic: true,
    };
    const { status } = await admin(service, 'POST', '/clients', probe);
    if (status !== 201) throw new Error(`no synthetic client: ${status}`);
    return new Traffic(service, await loggedIn(service), pass);
  }

  /** One of everything. */
  async mixed(): Promise<void> {
    await this.succeed();
    await this.refusedAtAuthorize();
    await this.refusedAtToken();
    await this.refusedAtVerify();
    await this.replay();
  }

  /** One login of each model, with a refresh, and a synthetic one. */
  async succeed(): Promise<void> {
    const { service, browser } = this;
    const { body } = await redeem(service, await codeFor(service, browser, { scope: 'openid offline_access' }));
    await refresh(service, body['refresh_token']);
    await this.signIn();
    await redeem(service, await codeFor(service, browser, { client_id: 'synthetic-spa' }));
  }

  /** A wallet login; returns what was sent to `/wallet/verify`. */
  private async signIn() {
    const account = newAccount();
    const { nonce, message } = await challengeFor(this.service, account);
    const sent = { nonce, signature: await account.signMessage({ message }) };
    await post(this.service, '/wallet/verify', sent);
    return sent;
  }

  /** F3, redirect URIs, clients and scopes that are not there, a password that is wrong, and a login that is abandoned. */
  private async refusedAtAuthorize(): Promise<void> {
    const visitor = new BrowserSession(this.service.url);
    const form = hiddenFields(await (await visitor.fetch('/login')).text());
    await visitor.postForm('/login', { ...form, username: 'user0', password: 'wrong' });
    await visitor.fetch(`/authorize?${authorizationQuery()}`);
    for (const changes of [
      { code_challenge_method: 'plain' },
      { code_challenge_method: 'S512' },
      { code_challenge: undefined, code_challenge_method: undefined },
      { redirect_uri: 'https://elsewhere.example/' },
      { client_id: 'nobody' },
      { scope: 'nonsense' },
    ]) {
      await this.browser.fetch(`/authorize?${authorizationQuery(changes)}`);
    }
  }

  /** F1, F2, another redirect URI, a made-up code, and F4: a code that nobody redeems. */
  private async refusedAtToken(): Promise<void> {
    const { service, browser } = this;
    const code = await codeFor(service, browser);
    await redeem(service, code, { code_verifier: undefined });
    await redeem(service, code, { code_verifier: 'x'.repeat(43) });
    await redeem(service, code, { redirect_uri: 'http://127.0.0.1/another' });
    const madeUp = { grant_type: 'authorization_code', client_id: 'demo-spa', redirect_uri: redirectUri, code: 'none' };
    await postToken(service, { ...madeUp, code_verifier: 'x'.repeat(43) });
  }

  private async refusedAtVerify(): Promise<void> {
    const [owner, other] = [newAccount(), newAccount()];
    const { nonce, message } = await challengeFor(this.service, owner);
    await post(this.service, '/wallet/verify', { nonce, signature: await other.signMessage({ message }) });
    await post(this.service, '/wallet/challenge', { address: '0x0' });
  }

  /** F5, of both models. */
  private async replay(): Promise<void> {
    const { service, browser } = this;
    const code = await codeFor(service, browser);
    await redeem(service, code);
    const sent = await this.signIn();
    await this.pass(replayAfterMs);
    await redeem(service, code);
    await post(service, '/wallet/verify', sent);
  }
}
