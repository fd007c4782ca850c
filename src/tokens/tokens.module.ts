import { Module } from '@nestjs/common';
import { AccessTokens } from './access-tokens';
import { BearerGuard } from './bearer.guard';
import { Grants } from './grants';
import { JwksController } from './jwks.controller';
import { KeyRing } from './key-ring';
import { MeController } from './me.controller';
import { TokenIssuer } from './token-issuer';

/** Makes and verifies the tokens of both models. */
@Module({
  controllers: [JwksController, MeController],
  providers: [KeyRing, Grants, TokenIssuer, AccessTokens, BearerGuard],
  exports: [KeyRing, Grants, TokenIssuer, AccessTokens, BearerGuard],
})
export class TokensModule {}
