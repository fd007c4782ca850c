import { Module } from '@nestjs/common';
import { UserClaimsReader } from '../identity/user-claims';
import { AccessTokens } from './access-tokens';
import { Audiences } from './audiences';
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
  providers: [KeyRing, Grants, Audiences, UserClaimsReader, TokenIssuer, AccessTokens, IdTokens, BearerAuthentication],
  exports: [KeyRing, Grants, Audiences, UserClaimsReader, TokenIssuer, AccessTokens, IdTokens, BearerAuthentication],
})
export class TokensModule {}
