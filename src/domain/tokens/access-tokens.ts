import { Inject, Injectable } from '@nestjs/common';
import { errors, type JWTHeaderParameters, jwtVerify, type JWTVerifyOptions } from 'jose';
import * as z from 'zod';
import { GrantStore } from '../challenges/grant-store';
import type { Client } from '../clients/client';
import { ClientStore } from '../clients/client-store';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { signingAlgorithms } from '../../platform/settings';
import { KeyRing } from './key-ring';
import { TokenError } from './token-error';

const claimsSchema = z.object({
  iss: z.string(),
  sub: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  client_id: z.string(),
  scope: z.string(),
  model: z.enum(['pkce', 'wallet', 'client']),
  grant_id: z.string(),
  jti: z.string(),
  iat: z.number(),
  exp: z.number(),
  amr: z.array(z.string()).default([]),
  auth_time: z.number().optional(),
  acr: z.string().optional(),
  chain_id: z.number().optional(),
  cnf: z.object({ jkt: z.string() }).optional(),
});

/** The claims of our access tokens. Times are in seconds since the epoch. */
export type AccessTokenClaims = z.infer<typeof claimsSchema>;

/** A valid access token and its client. */
export interface ValidToken {
  readonly claims: AccessTokenClaims;
  readonly client: Client;
}

/** Verifies the access tokens that this server issued. */
@Injectable()
export class AccessTokens {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly keys: KeyRing,
    private readonly grants: GrantStore,
    private readonly clients: ClientStore,
  ) {}

  /** The claims of a token for this server that is valid and not revoked. Throws: {@link TokenError}. Source: RFC 9068 §4. */
  async verify(token: string): Promise<ValidToken> {
    return this.assertAlive(await this.verifySignature(token));
  }

  /** As {@link verify}, for a token with any audience. Throws: {@link TokenError}. */
  async verifyForAny(token: string): Promise<ValidToken> {
    return this.assertAlive(await this.verifySignature(token, {}));
  }

  private async assertAlive(claims: AccessTokenClaims): Promise<ValidToken> {
    // A grant outlives its tokens: a missing grant means an invalid token, not an expired one.
    const grant = await this.grants.find(claims.grant_id);
    // A removed client has no valid tokens, even if another process issued them before it knew.
    const client = await this.clients.find(claims.client_id);
    const isRevoked = grant?.revokedTokens?.some(({ jti }) => jti === claims.jti);
    if (client === undefined || grant === undefined || grant.revokedAt !== undefined || isRevoked) {
      throw new TokenError('access_token_revoked');
    }
    return { claims, client };
  }

  /** The claims of a token that this server issued, for any audience, unless it has expired; undefined for any other text. */
  async read(token: string): Promise<AccessTokenClaims | undefined> {
    try {
      return await this.verifySignature(token, {});
    } catch (error) {
      if (error instanceof TokenError) return undefined;
      throw error;
    }
  }

  private async verifySignature(
    token: string,
    expected: Pick<JWTVerifyOptions, 'audience'> = { audience: this.config.issuer },
  ): Promise<AccessTokenClaims> {
    try {
      const { payload } = await jwtVerify(token, (header) => this.keyFor(header), {
        // All supported ones: tokens signed before a change of the setting stay valid.
        algorithms: [...signingAlgorithms],
        typ: 'at+jwt',
        issuer: this.config.issuer,
        ...expected,
        currentDate: new Date(this.clock.now()),
      });
      return claimsSchema.parse(payload);
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw new TokenError('access_token_expired');
      if (error instanceof errors.JOSEError || error instanceof z.ZodError)
        throw new TokenError('access_token_invalid');
      throw error;
    }
  }

  private async keyFor(header: JWTHeaderParameters) {
    const key = await this.keys.verificationKey(header);
    if (key === undefined) throw new TokenError('access_token_invalid');
    return key;
  }
}
