import { Module } from '@nestjs/common';
import { AccessTokens } from './access-tokens';
import { BearerGuard } from './bearer.guard';
import { JwksController } from './jwks.controller';
import { KeyRing } from './key-ring';
import { MeController } from './me.controller';
import { RefreshTokens } from './refresh-tokens';
import { TokenIssuer } from './token-issuer';

/** Makes and verifies the tokens of both models. */
@Module({
  controllers: [JwksController, MeController],
  providers: [KeyRing, RefreshTokens, TokenIssuer, AccessTokens, BearerGuard],
  exports: [KeyRing, RefreshTokens, TokenIssuer, AccessTokens, BearerGuard],
})
export class TokensModule {}
