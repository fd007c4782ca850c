import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import type { Client } from '../../../src/domain/clients/client';
import { newSecret } from '../../../src/domain/credentials/secret';
import type { BrowserSession } from './browser-session';
import { type Fields, type IssuedCode, postToken, redemption } from './pkce-login';
import { type Pushed, pushedCodeFor, pushRequest } from './pushed-request';
import { registerClient } from './registered';
import type { TestService } from '../service/service';
import type { Answer } from './wallet';

export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** A client with keys of its own: one that it authenticates by (RFC 7523), and one that its tokens are bound to (RFC 9449). */
export class KeyedClient {
  private constructor(
    private readonly service: Pick<TestService, 'url' | 'clock'>,
    readonly registered: Client,
    private readonly algorithm: string,
    private readonly privateKey: CryptoKey,
    private readonly proofKey: CryptoKey,
    private readonly proofJwk: JWK,
  ) {}

  /** Registers a client that authenticates by private_key_jwt; `changes` to its record. */
  static async register(
    service: Pick<TestService, 'url' | 'clock' | 'app'>,
    changes: Partial<Client> = {},
    algorithm = 'ES256',
  ): Promise<KeyedClient> {
    const own = await generateKeyPair(algorithm, { extractable: true });
    const proof = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(own.publicKey);
    const registered = await registerClient(service, {
      authentication: 'private_key_jwt',
      jwks: { keys: [{ ...jwk, kid: await calculateJwkThumbprint(jwk), alg: algorithm, use: 'sig' }] },
      ...changes,
    });
    const proofJwk = await exportJWK(proof.publicKey);
    return new KeyedClient(service, registered, algorithm, own.privateKey, proof.privateKey, proofJwk);
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
    const { clientId } = this;
    const now = Math.floor(this.service.clock.now() / 1000);
    const claims = { iss: clientId, sub: clientId, aud: this.service.url, jti: newSecret(), iat: now, exp: now + 60 };
    const kid = this.registered.jwks?.keys[0]?.kid ?? '';
    const assertion = await new SignJWT({ ...claims, ...changes })
      .setProtectedHeader({ alg: this.algorithm, kid, ...header })
      .sign(this.privateKey);
    return { client_assertion_type: assertionType, client_assertion: assertion };
  }

  /** A fresh proof of the key that its tokens are bound to. Source: RFC 9449 §4.2. */
  async proof(method: string, path: string, accessToken?: string): Promise<{ readonly dpop: string }> {
    const ath = accessToken === undefined ? {} : { ath: createHash('sha256').update(accessToken).digest('base64url') };
    const iat = Math.floor(this.service.clock.now() / 1000);
    const dpop = await new SignJWT({ jti: newSecret(), htm: method, htu: this.service.url + path, iat, ...ath })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: this.proofJwk })
      .sign(this.proofKey);
    return { dpop };
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
