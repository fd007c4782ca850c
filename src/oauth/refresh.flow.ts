import { Injectable } from '@nestjs/common';
import type { Client } from '../clients/client';
import { parseScope } from '../clients/scope';
import type { Parameters } from '../http/parameters';
import { RefreshTokens } from '../tokens/refresh-tokens';
import { TokenIssuer, type TokenResponse } from '../tokens/token-issuer';
import { OAuthError } from './oauth-error';

/** From a refresh token to its successor and a fresh access token, for the tokens of both models. Source: RFC 6749 §6. */
@Injectable()
export class RefreshFlow {
  constructor(
    private readonly refreshTokens: RefreshTokens,
    private readonly issuer: TokenIssuer,
  ) {}

  /** Throws: {@link OAuthError}, or TokenError for what is wrong with the token. */
  async refresh(form: Parameters, client: Client): Promise<TokenResponse> {
    const token = form.get('refresh_token');
    if (token === undefined) throw new OAuthError('refresh_token_required');
    const asked = parseScope(form.get('scope'));
    const { grant, successor } = await this.refreshTokens.rotate(token, client.clientId, {
      lastTokenExpiry: (granted) => this.issuer.lastTokenExpiry(granted),
      assertAllowed: ({ scope }) => {
        if (!asked.every((name) => scope.includes(name))) throw new OAuthError('scope_exceeds_grant');
      },
    });
    // A narrower scope is that of the access token; the family keeps what was granted.
    const scope = asked.length === 0 ? grant.scope : asked;
    return this.issuer.respond({ ...grant, scope }, client, successor);
  }
}
