import { Module } from '@nestjs/common';
import { UserClaimsReader } from '../identity/user-claims';
import { AccessTokens } from './access-tokens';
import { Audiences } from './audiences';
import { DpopNonces } from './dpop-nonces';
import { DpopProofs } from './dpop-proofs';
import { Grants } from './grants';
import { IdTokens } from './id-tokens';
import { JwksController } from './jwks.controller';
import { KeysModule } from './keys.module';
import { MeController } from './me.controller';
import { TokenAuthentication } from './token-authentication';
import { TokenIssuer } from './token-issuer';

const exported = [
  Grants,
  Audiences,
  UserClaimsReader,
  TokenIssuer,
  AccessTokens,
  IdTokens,
  DpopProofs,
  TokenAuthentication,
];

/** Issues and verifies the tokens of both models. */
@Module({
  imports: [KeysModule],
  controllers: [JwksController, MeController],
  providers: [...exported, DpopNonces],
  exports: [KeysModule, ...exported],
})
export class TokensModule {}
