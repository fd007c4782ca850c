import { Module } from '@nestjs/common';
import { AccessTokens } from './access-tokens';
import { BearerAuthentication } from './bearer-authentication';
import { Grants } from './grants';
import { IdTokens } from './id-tokens';
import { JwksController } from './jwks.controller';
import { KeyRing } from './key-ring';
import { MeController } from './me.controller';
import { TokenIssuer } from './token-issuer';

/** Makes and verifies the tokens of both models. */
@Module({
  controllers: [JwksController, MeController],
  providers: [KeyRing, Grants, TokenIssuer, AccessTokens, IdTokens, BearerAuthentication],
  exports: [KeyRing, Grants, TokenIssuer, AccessTokens, IdTokens, BearerAuthentication],
})
export class TokensModule {}
