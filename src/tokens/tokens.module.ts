import { Module } from '@nestjs/common';
import { AccessTokens } from './access-tokens';
import { BearerAuthentication } from './bearer-authentication';
import { JwksController } from './jwks.controller';
import { KeyRing } from './key-ring';
import { MeController } from './me.controller';
import { RefreshTokens } from './refresh-tokens';
import { TokenIssuer } from './token-issuer';

/** Makes and verifies the tokens of both models. */
@Module({
  controllers: [JwksController, MeController],
  providers: [KeyRing, RefreshTokens, TokenIssuer, AccessTokens, BearerAuthentication],
  exports: [KeyRing, RefreshTokens, TokenIssuer, AccessTokens, BearerAuthentication],
})
export class TokensModule {}
