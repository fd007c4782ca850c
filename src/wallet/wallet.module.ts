import { Module } from '@nestjs/common';
import { ApisModule } from '../apis/apis.module';
import { TokensModule } from '../tokens/tokens.module';
import { AccountProof } from './account-proof';
import { ChallengeIssuer } from './challenge-issuer';
import { RequestChallengeFlow } from './request-challenge.flow';
import { SignInFlow } from './sign-in.flow';
import { SignerRecovery } from './signer-recovery';
import { WalletLogins } from './wallet-logins';
import { WalletChallenges } from './wallet-challenges';
import { WalletController } from './wallet.controller';

/** The wallet model. */
@Module({
  imports: [ApisModule, TokensModule],
  controllers: [WalletController],
  providers: [
    { provide: SignerRecovery, useFactory: () => SignerRecovery.load() },
    AccountProof,
    ChallengeIssuer,
    RequestChallengeFlow,
    SignInFlow,
    WalletChallenges,
    WalletLogins,
  ],
  exports: [WalletLogins],
})
export class WalletModule {}
