import { hash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Grant } from '../challenges/grant';
import type { Client } from '../clients/client';
import { algorithmFor } from '../clients/fapi2';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import type { SigningAlgorithm } from '../../platform/settings';
import { newId } from '../credentials/secret';
import { type UserClaims, UserClaimsReader } from '../identity/user-claims';
import { Audiences, type TokenAudience } from './audiences';
import { idTokenSigner } from './id-token-signer';
import { KeyRing } from './key-ring';
import { idTokenLifetime } from './lifetimes';
import type { TokenResponse } from './token-response.openapi';

/** What a token response needs beside the grant. */
export interface AnswerParts {
  readonly refreshToken?: string | undefined;
  /** OpenID Connect's `nonce`. */
  readonly oidcNonce?: string | undefined;
  /** One of the grant's resources; for the default see {@link Audiences.of}. */
  readonly resource?: string | undefined;
  /** RFC 7638 thumbprint of the key that the access token is bound to; undefined: a bearer token. */
  readonly jkt?: string | undefined;
}

/** Claims of an ID token beside those of the grant and its access token; undefined ones are left out. */
type IdTokenClaims = UserClaims & { readonly nonce: string | undefined };

/** Issues the tokens of both models. */
@Injectable()
export class TokenIssuer {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly keys: KeyRing,
    private readonly audiences: Audiences,
    private readonly users: UserClaimsReader,
  ) {}

  /**
   * The response with a new access token of the grant, an ID token where `openid` was granted, and the given parts. Throws:
   * {@link Audiences.of | TokenError} when the API is not registered any more.
   */
  async issue(grant: Grant, client: Client, parts: AnswerParts): Promise<TokenResponse> {
    const { refreshToken, oidcNonce, resource, jkt } = parts;
    const audience = await this.audiences.of(grant, resource);
    const scope = audience.scope.join(' ');
    const accessToken = this.accessToken(grant, client, audience, { scope, jkt });
    const isOpenId = grant.scope.includes('openid');
    const claims =
      isOpenId && client.idTokenClaims === true ? await this.users.read(grant.authentication.sub, grant.scope) : {};
    return {
      access_token: accessToken,
      token_type: jkt === undefined ? 'Bearer' : 'DPoP',
      expires_in: audience.lifetime,
      scope,
      ...(isOpenId && { id_token: this.idToken(grant, client, accessToken, { ...claims, nonce: oidcNonce }) }),
      ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    };
  }

  /** Source: RFC 9068 §2, RFC 9449 §6.1. */
  private accessToken(
    grant: Grant,
    client: Client,
    { aud, lifetime }: TokenAudience,
    { scope, jkt }: { readonly scope: string; readonly jkt: string | undefined },
  ): string {
    return this.keys.signer(algorithmFor(client, this.config.signingAlgorithm)).sign('at+jwt', {
      client_id: grant.clientId,
      scope,
      model: grant.model,
      grant_id: grant.id,
      jti: newId(),
      cnf: jkt === undefined ? undefined : { jkt },
      ...this.common(grant, aud, lifetime),
    });
  }

  /** Source: OpenID Connect Core §2, §3.1.3.6. */
  private idToken(grant: Grant, client: Client, accessToken: string, claims: IdTokenClaims): string {
    const signer = idTokenSigner(this.keys, client);
    return signer.sign('JWT', {
      at_hash: halfHash(accessToken, signer.algorithm),
      ...claims,
      // Source: OpenID Connect Front-Channel Logout 1.0 §3.
      sid: grant.sessionId,
      ...this.common(grant, grant.clientId, idTokenLifetime),
    });
  }

  /** An undefined claim is left out. */
  private common({ authentication, model }: Grant, aud: TokenAudience['aud'], lifetime: number) {
    const now = Math.floor(this.clock.now() / 1000);
    const { sub, amr, authTime, acr, chainId, accountProof = 'key' } = authentication;
    // Source: RFC 9068 §2.2.1.
    const isLogin = model !== 'client';
    return {
      auth_time: isLogin ? authTime : undefined,
      amr: isLogin ? amr : undefined,
      acr,
      chain_id: chainId,
      account_proof: chainId === undefined ? undefined : accountProof,
      iss: this.config.issuer,
      sub,
      aud,
      iat: now,
      exp: now + lifetime,
    };
  }
}

/** The left half of the hash of the algorithm; Ed25519's is SHA-512. Source: OpenID Connect Core §3.1.3.6. */
function halfHash(token: string, algorithm: SigningAlgorithm): string {
  const digest = hash(algorithm === 'EdDSA' ? 'sha512' : 'sha256', token, 'buffer');
  return digest.subarray(0, digest.length / 2).toString('base64url');
}
