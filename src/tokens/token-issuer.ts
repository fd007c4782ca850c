import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { SignJWT } from 'jose';
import { newId } from '../credentials/secret';
import { Clock } from '../clock';
import type { Client } from '../clients/client';
import { CONFIG, type Config } from '../config';
import type { Grant } from '../challenges/grant';
import { KeyRing } from './key-ring';
import { idTokenLifetime, refreshFamilyLifetime } from './lifetimes';
import { RefreshTokens } from './refresh-tokens';

/** Source: RFC 6749 §5.1, OpenID Connect Core §3.1.3.3. */
export interface TokenResponse {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  /** Seconds. */
  readonly expires_in: number;
  readonly scope: string;
  readonly id_token?: string;
  readonly refresh_token?: string;
}

/** Makes the tokens of both models. */
@Injectable()
export class TokenIssuer {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly keys: KeyRing,
    private readonly refreshTokens: RefreshTokens,
  ) {}

  /** When a grant that begins now ends for good. Milliseconds since the epoch. */
  grantExpiry(): number {
    return this.clock.now() + refreshFamilyLifetime * 1000;
  }

  /** When the last token that the grant can issue has expired; until then its challenge and its revocation are remembered. */
  lastTokenExpiry(grant: Pick<Grant, 'scope' | 'expiresAt'>): number {
    const lastIssue = grant.scope.includes('offline_access') ? grant.expiresAt : this.clock.now();
    return lastIssue + Math.max(this.config.accessTokenTtl, idTokenLifetime) * 1000;
  }

  /** The first tokens of a login. */
  async issue(grant: Grant, client: Client, oidcNonce?: string): Promise<TokenResponse> {
    const refreshToken = grant.scope.includes('offline_access') ? await this.refreshTokens.begin(grant) : undefined;
    return this.respond(grant, client, refreshToken, oidcNonce);
  }

  /** The answer that carries a fresh access token, and the refresh token that is given. */
  async respond(grant: Grant, client: Client, refreshToken?: string, oidcNonce?: string): Promise<TokenResponse> {
    const accessToken = await this.accessToken(grant);
    return {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: this.config.accessTokenTtl,
      scope: grant.scope.join(' '),
      ...(grant.scope.includes('openid') && { id_token: await this.idToken(grant, client, accessToken, oidcNonce) }),
      ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    };
  }

  /** Source: RFC 9068 §2. */
  private async accessToken(grant: Grant): Promise<string> {
    const claims = {
      client_id: grant.clientId,
      scope: grant.scope.join(' '),
      model: grant.model,
      grant_id: grant.grantId,
      jti: newId(),
    };
    return this.sign(
      grant,
      claims,
      this.config.signingAlgorithm,
      'at+jwt',
      this.config.issuer,
      this.config.accessTokenTtl,
    );
  }

  /** Source: OpenID Connect Core §2, §3.1.3.6. */
  private async idToken(grant: Grant, client: Client, accessToken: string, nonce: string | undefined): Promise<string> {
    // A client that registered an algorithm which is no longer in use gets the one that every client must take.
    const inUse = this.keys.algorithms.includes(client.idTokenAlgorithm);
    const algorithm = inUse ? client.idTokenAlgorithm : 'RS256';
    const claims = {
      at_hash: halfHash(accessToken, algorithm),
      ...(nonce !== undefined && { nonce }),
    };
    return this.sign(grant, claims, algorithm, 'JWT', grant.clientId, idTokenLifetime);
  }

  private async sign(
    { authentication }: Grant,
    claims: Record<string, unknown>,
    alg: Client['idTokenAlgorithm'],
    typ: string,
    audience: string,
    lifetime: number,
  ): Promise<string> {
    const { kid, key } = await this.keys.signingKey(alg);
    const now = Math.floor(this.clock.now() / 1000);
    return new SignJWT({
      ...claims,
      auth_time: authentication.authTime,
      amr: [...authentication.amr],
      ...(authentication.chainId !== undefined && { chain_id: authentication.chainId }),
    })
      .setProtectedHeader({ alg, typ, kid })
      .setIssuer(this.config.issuer)
      .setSubject(authentication.sub)
      .setAudience(audience)
      .setIssuedAt(now)
      .setExpirationTime(now + lifetime)
      .sign(key);
  }
}

/** The left half of the hash that belongs to the algorithm; Ed25519's is SHA-512. Source: OpenID Connect Core §3.1.3.6. */
function halfHash(token: string, algorithm: Client['idTokenAlgorithm']): string {
  const digest = createHash(algorithm === 'EdDSA' ? 'sha512' : 'sha256')
    .update(token)
    .digest();
  return digest.subarray(0, digest.length / 2).toString('base64url');
}
