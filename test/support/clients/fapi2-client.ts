import type { Client } from '../../../src/domain/clients/client';
import type { BrowserSession } from './browser-session';
import { byAssertion, type ClientKey, newClientKey } from './client-key';
import { type DpopKey, newDpopKey } from './dpop';
import { type Fields, type IssuedCode, postToken, redemption } from './pkce-login';
import { type Pushed, pushedCodeFor, pushRequest } from './pushed-request';
import { registerClient } from './registered';
import type { TestService } from '../service/service';
import type { Answer } from './wallet';

/** A client with keys of its own: one that it authenticates by (RFC 7523), and one that its tokens are bound to (RFC 9449). */
export class KeyedClient {
  private constructor(
    private readonly service: Pick<TestService, 'url' | 'clock'>,
    readonly registered: Client,
    private readonly key: ClientKey,
    private readonly dpopKey: DpopKey,
  ) {}

  /** Registers a client that authenticates by private_key_jwt; `changes` to its record. */
  static async register(
    service: Pick<TestService, 'url' | 'clock' | 'app'>,
    changes: Partial<Client> = {},
    algorithm = 'ES256',
  ): Promise<KeyedClient> {
    const key = await newClientKey(algorithm);
    const registered = await registerClient(service, {
      authentication: 'private_key_jwt',
      jwks: { keys: [key.jwk] },
      ...changes,
    });
    return new KeyedClient(service, registered, key, await newDpopKey(service.clock));
  }

  /** One that asks for the FAPI 2.0 Security Profile. */
  static async ofFapi2(
    service: Pick<TestService, 'url' | 'clock' | 'app'>,
    changes: Partial<Client> = {},
    algorithm = 'ES256',
  ): Promise<KeyedClient> {
    const profile = {
      requirePushedAuthorizationRequests: true,
      dpopBoundAccessTokens: true,
      requireState: false,
      idTokenAlgorithm: 'ES256',
    } as const;
    return KeyedClient.register(service, { ...profile, ...changes }, algorithm);
  }

  get clientId(): string {
    return this.registered.clientId;
  }

  /** The fields of a form by which the client authenticates; `changes` to the claims of its assertion. */
  async authentication(changes: Record<string, unknown> = {}, header: Record<string, unknown> = {}): Promise<Fields> {
    const { clientId, service } = this;
    const asserted = { clientId, audience: service.url, now: service.clock.now() };
    return byAssertion(await this.key.assertion(asserted, changes, header));
  }

  /** A fresh proof of the key that its tokens are bound to. Source: RFC 9449 §4.2. */
  async proof(method: string, path: string, accessToken?: string): Promise<{ readonly dpop: string }> {
    return { dpop: await this.dpopKey.proof({ method, url: this.service.url + path, accessToken }) };
  }

  async push(changes: Fields = {}, authentication?: Fields): Promise<Pushed> {
    const shown = authentication ?? (await this.authentication());
    return pushRequest(this.service, { client_id: this.clientId, state: undefined, ...shown, ...changes });
  }

  /** The code of a pushed request that a browser with a session opens. */
  async code(browser: BrowserSession, changes: Fields = {}): Promise<IssuedCode> {
    return pushedCodeFor(this.service, browser, await this.push(changes));
  }

  /** Asks `/token` with an assertion and a proof of its own, but for what is given. */
  async token(fields: Fields, authentication?: Fields): Promise<Answer> {
    const shown = authentication ?? (await this.authentication());
    return postToken(this.service, { ...shown, ...fields }, await this.proof('POST', '/token'));
  }

  redeem(code: IssuedCode, changes: Fields = {}, authentication?: Fields): Promise<Answer> {
    return this.token(redemption(code, changes), authentication);
  }
}
