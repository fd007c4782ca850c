import { hiddenFields } from '../../src/apps/browser/page-form';
import { s256 } from '../../src/domain/credentials/pkce';
import { newSecret } from '../../src/domain/credentials/secret';
import type { Answer, Connection } from './connection';
import { type LoginModel, Refused } from './login-model';
import type { WalletLogin } from './wallet';

/** A public client, by the parameters of a request that name it. */
export type OAuthClient = Readonly<Record<'client_id' | 'redirect_uri', string>>;

type Fields = Readonly<Record<string, string>>;

interface Browser {
  readonly cookie: string;
}

interface CodeAndVerifier {
  readonly code: string;
  readonly verifier: string;
}

/** OAuth with PKCE in a browser that has logged in: `GET /authorize`, then `POST /token`. */
export class PkceLogin implements LoginModel<Browser, CodeAndVerifier> {
  constructor(
    private readonly client: OAuthClient,
    private readonly scope: string,
    /** Who logs in to each browser, a new account every time; absent: user0 by password. */
    private readonly wallets?: WalletLogin,
  ) {}

  async arrive(connection: Connection): Promise<Browser> {
    const page = await connection.send('GET', '/login', { accept: 'text/html' });
    const cookie = { cookie: cookiesOf(page) };
    const hidden = hiddenFields(page.body);
    const answer =
      this.wallets === undefined
        ? await connection.postForm('/login', { ...hidden, ...user0 }, cookie)
        : await this.arriveByWallet(connection, this.wallets, hidden, cookie);
    if (answer.status !== 303) throw new Refused('login', answer);
    return { cookie: [cookiesOf(page), cookiesOf(answer)].filter((each) => each !== '').join('; ') };
  }

  private async arriveByWallet(connection: Connection, wallets: WalletLogin, hidden: Fields, cookie: Fields) {
    const challenge = await wallets.challenged(connection, await wallets.arrive(), '/login/wallet/challenge', {
      fields: hidden,
      headers: cookie,
    });
    const { nonce, signature } = challenge;
    return connection.postForm('/login/wallet', { ...hidden, nonce, signature }, cookie);
  }

  async begin(connection: Connection, { cookie }: Browser): Promise<CodeAndVerifier> {
    const verifier = newSecret();
    const request = new URLSearchParams(authorizationRequest(this.client, this.scope, verifier));
    const answer = await connection.send('GET', `/authorize?${request}`, { cookie });
    const [, code] = /[?&]code=([^&]+)/.exec(answer.headers.get('location') ?? '') ?? [];
    if (answer.status !== 303 || code === undefined) throw new Refused('authorize', answer);
    return { code, verifier };
  }

  async redeem(connection: Connection, { code, verifier }: CodeAndVerifier): Promise<Answer> {
    return connection.postForm('/token', redemption(this.client, code, verifier));
  }

  forged({ code }: CodeAndVerifier): CodeAndVerifier {
    return { code, verifier: newSecret() };
  }
}

export function authorizationRequest(client: OAuthClient, scope: string, verifier: string) {
  return {
    ...client,
    response_type: 'code',
    scope,
    state: newSecret(),
    code_challenge: s256(verifier),
    code_challenge_method: 'S256',
  };
}

export function redemption(client: OAuthClient, code: string, verifier: string) {
  return { ...client, grant_type: 'authorization_code', code, code_verifier: verifier };
}

function cookiesOf({ cookies }: Answer): string {
  return cookies.map((line) => line.slice(0, line.indexOf(';'))).join('; ');
}

export const user0 = { username: 'user0', password: 'password0' };
